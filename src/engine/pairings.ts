import type { Side } from '../content/compare.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { newName, oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'

/** A table of the plan, where it is in the plan's database and where in another. */
export interface Pairing {
  readonly table: TableFacts
  readonly left: Side
  readonly right: Side
}

/**
 * Finds tables in another database, where they may be where they are here, or already or still under their other name.
 * @throws MigrateError `table-not-found`
 */
export async function pairUp(
  here: Session,
  there: Session,
  tables: readonly TableFacts[],
): Promise<Pairing[]> {
  const pairings: Pairing[] = []
  for (const table of tables) {
    const live = { schema: table.live.schema, name: table.live.name }
    const candidates = [live, newName(table), oldName(table)]
    const found = await firstThere(there, candidates)
    if (found === undefined)
      throw new MigrateError(
        'table-not-found',
        `database "${there.target.alias}" has no table ${candidates.map(qualified).join(' or ')}`,
        { next: ['migrate compare --table NAME        compares only these tables'] },
      )
    pairings.push({
      table,
      left: { session: here, relation: live },
      right: { session: there, relation: found },
    })
  }
  return pairings
}

/** A table rather than a view over one, which has no key. */
async function firstThere(
  session: Session,
  candidates: readonly QualifiedName[],
): Promise<QualifiedName | undefined> {
  const [found] = await session.query<{ n: number }>(
    `select w.n::int as n from unnest($1::text[], $2::text[]) with ordinality w (schema, name, n)
       join pg_namespace s on s.nspname = w.schema join pg_class c on c.relnamespace = s.oid and c.relname = w.name
      where c.relkind in ('r', 'p', 'v', 'm', 'f') order by c.relkind in ('r', 'p') desc, w.n limit 1`,
    [candidates.map(({ schema }) => schema), candidates.map(({ name }) => name)],
  )
  return found === undefined ? undefined : candidates[found.n - 1]
}

/** What the server's statistics say, at least one row each. */
export async function estimateRows(pairings: readonly Pairing[]): Promise<number[]> {
  const [first] = pairings
  if (first === undefined) return []
  const rows = await first.left.session.query<{ oid: number; rows: number }>(
    `select c.oid, greatest(coalesce((select sum(greatest(p.reltuples, 0)) from pg_partition_tree(c.oid) t
                join pg_class p on p.oid = t.relid where t.isleaf), c.reltuples), 1)::float8 as rows
       from pg_class c where c.oid = any ($1::oid[])`,
    [pairings.map(({ table }) => table.relation)],
  )
  const estimates = new Map(rows.map(({ oid, rows: estimate }) => [oid, estimate]))
  return pairings.map(({ table }) => estimates.get(table.relation) ?? 1)
}
