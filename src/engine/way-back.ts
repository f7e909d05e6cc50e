import { readCollisions, type Collision } from '../catalog/collisions.ts'
import { readTypeLocations } from '../catalog/types.ts'
import { markOf } from '../catalog/names.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { ident, qualified } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import { spelled } from '../steps/routines.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Survey, Workspace } from './workspace.ts'

/**
 * Sees that the names which tables, or what stands in for them, go back to are still free in the old schema.
 * @throws MigrateError `preflight-refused` with every name that was taken since
 */
export async function checkWayBack(
  { plan, session }: Workspace,
  now: Survey,
  phases: readonly number[],
): Promise<void> {
  const kinds = plan.phases.filter(({ number }) => phases.includes(number))
  const returning = (table: TableFacts): boolean =>
    kinds.some(({ kind, services }) => kind === 'switch' && services.includes(table.service))
  const away = now.facts.tables.filter(
    (table) =>
      table.live.schema === table.target &&
      (returning(table) ||
        (table.location.stand !== 'switched' && kinds.some(({ kind }) => kind === 'contract'))),
  )
  const byOid = new Map(away.map((table) => [table.relation, table]))
  const found = await readCollisions(
    session,
    away.map(({ relation, source }) => ({ relation, schema: source })),
    markOf(plan.name),
    away.flatMap(({ relation, sequences }) => sequences.map(({ oid }) => ({ relation, oid }))),
  )
  // Until the table itself goes back, only a view of its name does.
  const taken = found.filter(
    ({ relation, name }) => returning(byOid.get(relation)!) || name === byOid.get(relation)!.name,
  )
  if (taken.length > 0) throw takenError(taken, byOid)
  const types = now.facts.types.filter(({ location, target }) => location.schema === target)
  const placed = await readTypeLocations(
    session,
    types.map(({ oid, source }) => ({ oid, target: source })),
  )
  const takenTypes = types.filter(({ oid }) => placed.get(oid)?.isTaken === true)
  if (takenTypes.length > 0)
    throw new MigrateError(
      'preflight-refused',
      `the names ${takenTypes.map((type) => qualified(oldName(type))).join(', ')}, which types need on the way back, were taken since`,
      { next: ['rename or drop the other objects, then run the same command again'] },
    )
  const functions = now.facts.routines.filter(({ location }) => location.stand === 'foreign')
  if (functions.length > 0)
    throw new MigrateError(
      'preflight-refused',
      `somebody has made ${functions.map((routine) => `${ident(routine.source)}.${spelled(routine)}`).join(', ')} since`,
      { next: ['rename or drop them, then run the same command again'] },
    )
}

function takenError(taken: readonly Collision[], byOid: ReadonlyMap<number, TableFacts>): MigrateError {
  const lines = taken.map(
    ({ relation, what, name, schema }) =>
      `the ${what} name ${ident(schema)}.${ident(name)}, which ${qualified(oldName(byOid.get(relation)!))} needs, was taken since`,
  )
  return new MigrateError(
    'preflight-refused',
    lines.length === 1 ? lines[0]! : `${lines.length} names that the way back needs were taken since`,
    {
      detail: lines.length === 1 ? [] : lines,
      next: ['rename or drop the other objects, then run the same command again'],
    },
  )
}
