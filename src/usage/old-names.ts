import { MigrateError } from '../errors/migrate-error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import { readQuiet } from './quiet.ts'
import type { Counting, Use } from './use.ts'
import type { WatchedName } from './watched-name.ts'
import { readUsers, withSeen, type User } from './users.ts'

export type { User } from './users.ts'

/** Which old names are meant: all, or those of some services or tables. */
export interface OldNameChoice {
  readonly services?: readonly string[]
  /** As `schema.table`, by the old name. */
  readonly tables?: readonly string[]
}

/** What is known of one old name. */
export interface OldNameStatus {
  readonly name: string
  /** For how long nothing has shown a use, ms; evidence only where `source` says what has counted. */
  readonly quietMs: number | null
  /** What counts every use: the telltale's counter, or pg_stat_statements; null where nothing does. */
  readonly source: Counting | null
  /** Uses counted since the switch; null where nothing counts. */
  readonly calls: number | null
  /** The first observation. */
  readonly since: Date | null
  readonly lastUsedAt: Date | null
  readonly users: readonly User[]
}

/** What stands at the old name of a switched table; null when nothing does. */
export function standsAtOldName({ location }: WatchedName): number | null {
  return location.stand === 'switched' ? (location.view ?? location.shell) : null
}

/**
 * The switched tables that are meant and still have something at their old name.
 * @throws MigrateError `usage-invalid` for a service or table that the plan does not have, `phase-not-run` when nothing is left
 */
export function chooseOldNames(tables: readonly TableFacts[], choice: OldNameChoice): TableFacts[] {
  const meant = chooseTables(tables, choice)
  const standing = meant.filter((table) => standsAtOldName(table) !== null)
  const lacking = (choice.tables ?? []).filter((name) => !standing.some((table) => nameOf(table) === name))
  if (standing.length > 0 && lacking.length === 0) return standing
  throw new MigrateError(
    'phase-not-run',
    'nothing stands at these old names beside a table that was switched',
    {
      detail: meant.map(
        (table) => `${nameOf(table)}: ${table.location.stand}, compat policy ${table.compat}`,
      ),
      next: ['migrate status'],
    },
  )
}

/**
 * The tables that are meant.
 * @throws MigrateError `usage-invalid` for a service or table that the plan does not have
 */
export function chooseTables(tables: readonly TableFacts[], choice: OldNameChoice): TableFacts[] {
  refuseUnknown('--service', choice.services ?? [], [...new Set(tables.map(({ service }) => service))])
  refuseUnknown('--table', choice.tables ?? [], tables.map(nameOf))
  return tables.filter(
    (table) =>
      (choice.services?.includes(table.service) ?? true) && (choice.tables?.includes(nameOf(table)) ?? true),
  )
}

/** The recorded evidence together with what is seen now. */
export async function describeOldNames(
  session: Session,
  run: number,
  tables: readonly WatchedName[],
  now: readonly Use[],
): Promise<OldNameStatus[]> {
  const quiet = await readQuiet(session, run)
  const users = withSeen(await readUsers(session, run), now, new Date())
  return tables.map((table) => ({
    name: nameOf(table),
    quietMs: quiet.get(table.relation)?.quietMs ?? null,
    source:
      now.find(({ relation }) => relation === table.relation)?.source ??
      quiet.get(table.relation)?.source ??
      null,
    calls: now.find(({ relation }) => relation === table.relation)?.calls ?? null,
    since: quiet.get(table.relation)?.since ?? null,
    lastUsedAt: quiet.get(table.relation)?.lastUsedAt ?? null,
    users: users.filter(({ relation }) => relation === table.relation),
  }))
}

export function nameOf(table: WatchedName): string {
  return qualified(oldName(table))
}

function refuseUnknown(option: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new MigrateError(
    'usage-invalid',
    `${option}: the plan has no "${unknown}"${didYouMean(unknown, known)}`,
    {
      detail: known.slice(0, 20),
      next: ['migrate status'],
    },
  )
}
