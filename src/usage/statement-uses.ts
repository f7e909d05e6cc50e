import { readStatementCounts } from '../catalog/statement-counts.ts'
import { readNamesakes, readSearchPaths } from '../catalog/search-paths.ts'
import type { Session } from '../pg/session.ts'
import { examine, type Ground } from '../statements/evidence.ts'
import type { KnownTable } from '../statements/known.ts'
import type { Counters } from './use.ts'
import { namePatterns } from './name-patterns.ts'
import type { WatchedName } from './watched-name.ts'

/**
 * Counts uses of old names by pg_stat_statements: the calls of all statements that name one, found by parsing, a name
 * without its schema read as each role's search_path has it. A statement that cannot be parsed, or calls a function, counts
 * when its text names the old name. Without an answer pg_stat_statements has no evidence, and why.
 */
export async function readStatementUses(
  session: Session,
  names: readonly WatchedName[],
): Promise<Counters | { readonly missing: string }> {
  const counted = await readStatementCounts(session)
  if ('missing' in counted) return counted
  const tables = names.filter(({ isRoutine }) => isRoutine !== true)
  const known = new Map(tables.map((table) => [plainTable(table), table.relation]))
  const ground: Ground = {
    tables: [...known.keys()],
    paths: await readSearchPaths(session),
    namesakes: await readNamesakes(
      session,
      tables.map(({ name }) => name),
    ),
  }
  const calls = new Map(names.map(({ relation }) => [relation, 0]))
  const add = (relation: number, more: number): void => void calls.set(relation, calls.get(relation)! + more)
  const { examined, unparsable } = await examine(ground, counted.statements)
  for (const { statement, names: named } of examined) {
    const relations = new Set(named.map(({ table }) => known.get(table)!))
    for (const relation of relations)
      if (
        !comparesBoth(
          statement,
          tables.find((table) => table.relation === relation)!,
          counted.runner,
        )
      )
        add(relation, statement.calls)
  }
  for (const { sql, calls: more } of unparsable)
    for (const table of tables) if (namePatterns(table).isNamedIn(sql)) add(table.relation, more)
  for (const routine of names.filter(({ isRoutine }) => isRoutine === true))
    for (const { sql, calls: more } of counted.statements)
      if (namePatterns(routine).isNamedIn(sql)) add(routine.relation, more)
  return { calls, epoch: counted.epoch }
}

/** The probes of this tool compare a table by its old name with the same by its new one, which no application does. */
function comparesBoth(
  { sql, role }: { readonly sql: string; readonly role: string },
  table: WatchedName,
  runner: string,
): boolean {
  return role === runner && namePatterns(table).isNewNamedIn(sql)
}

/** Names are all that is asked for here; what else is known of a table decides only what breaks. */
function plainTable({ source, name }: WatchedName): KnownTable {
  return {
    schema: source,
    name,
    policy: 'view',
    hasChildren: false,
    columns: [],
    primaryKey: [],
    identitySequences: [],
    deferrable: [],
    indexes: [],
  }
}
