import { readJournalState } from '../journal/install.ts'
import { readNames, snapshotOf, type NameRow } from '../resolver/journal-rows.ts'
import { parseSnapshot, type MappedName, type MappedService, type Snapshot } from '../resolver/snapshot.ts'
import { readNamedMoves } from '../survey/named-moves.ts'
import { survey, type Workspace } from './workspace.ts'

/**
 * The mapping of a plan as a document for services: as the journal has it, or, before the plan has begun, with everything
 * at its old place.
 * @throws MigrateError what a survey finds wrong with the plan
 */
export async function mappingDocument(work: Workspace): Promise<Snapshot> {
  const { plan, session, server } = work
  const services = servicesOf(work)
  const { journal, facts } = await survey(work)
  if (journal !== undefined && (await readJournalState(session)) === 'current') {
    const known = snapshotOf(await session.query<NameRow>(readNames, [plan.name]))
    if (known !== undefined) return { ...known, services }
  }
  const lasts = new Map(
    facts.resolved.mappings.map(({ source, name, compat }) => [
      `${source}.${name}`,
      compat !== 'search-path' && compat !== 'none',
    ]),
  )
  const names = (await readNamedMoves(session, facts)).map(
    ({ class: of, schema, name, target, service, of: table }): MappedName => ({
      class: of,
      schema,
      name,
      target,
      service,
      of: table,
      state: 'old',
      keepsOld: lasts.get(`${schema}.${name}`) ?? true,
    }),
  )
  return parseSnapshot(
    { format: 1, plan: plan.name, hash: plan.hash, epoch: 0, services, names },
    `plan "${plan.name}" in database "${server.database}"`,
  )
}

function servicesOf({ plan, server }: Workspace): Record<string, MappedService> {
  return Object.fromEntries(
    plan.services.map(({ name, schema, searchPath }) => [
      name,
      { schema, database: server.database, searchPath: searchPath ?? [schema] },
    ]),
  )
}
