import { dollarQuoted, literal, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { ServerFacts } from '../pg/server.ts'

export interface Envelope {
  readonly lockTimeoutMs: number
  readonly budgetMs: number
  readonly server: ServerFacts
}

/** Tells that the tables are locked, so that a failure after it is known to be about something else. */
export const lockedNotice = 'pg-relocate: tables locked'

/** Waiting for a second lock while the tables are held already must cost little. */
const heldLockTimeoutMs = 20

/**
 * The query string of one transaction: limits, journal, locks, statements, commit.
 *
 * lock_timeout counts for each lock anew, so statement_timeout bounds the LOCK TABLE as a whole. Inside one query
 * string each statement is governed by the settings made before it. deadlock_timeout is short so that the runner
 * looks for a deadlock first and is the one that gives way; it also makes the server cancel an autovacuum in the way.
 */
export function envelope(
  action: {
    /** Statements that need locks of their own, before the tables are locked. */
    readonly before: readonly string[]
    readonly lockFirst: readonly QualifiedName[]
    readonly locksAlone?: boolean
    readonly statements: readonly string[]
  },
  journal: readonly string[],
  { lockTimeoutMs, budgetMs, server }: Envelope,
): string {
  const locks = action.lockFirst
  return [
    'begin read write',
    'set local search_path = pg_catalog, pg_temp',
    `set local lock_timeout = ${lockTimeoutMs}`,
    ...(server.canSetDeadlockTimeout ? [`set local deadlock_timeout = 10`] : []),
    `set local idle_in_transaction_session_timeout = '2s'`,
    ...journal,
    ...action.before,
    ...(locks.length === 0
      ? []
      : [
          `set local statement_timeout = ${Math.min(lockTimeoutMs * 2, lockBudget(budgetMs, locks.length))}`,
          action.locksAlone === true ? lockEach(locks) : lockTables(locks),
          `do $$ begin raise notice '${lockedNotice}'; end $$`,
          `set local lock_timeout = ${Math.min(heldLockTimeoutMs, lockTimeoutMs)}`,
          `set local statement_timeout = ${Math.max(budgetMs, 1000)}`,
        ]),
    ...action.statements,
    'commit',
  ]
    .map((statement) => `${statement};`)
    .join('\n')
}

/** The locks of a transaction in one statement, so that statement_timeout bounds them together. */
export function lockTables(relations: readonly QualifiedName[]): string {
  return `lock table ${relations.map(qualified).join(', ')} in access exclusive mode`
}

/** Giving a relation the owner it has locks it alone and changes nothing. */
function lockEach(relations: readonly QualifiedName[]): string {
  const body = `
declare l record;
begin
  for l in select n.name, c.relowner from unnest(array[${relations.map((name) => literal(qualified(name))).join(', ')}]) with ordinality n (name, position)
             join pg_class c on c.oid = to_regclass(n.name) order by n.position
  loop
    execute format('alter table %s owner to %I', l.name, pg_get_userbyid(l.relowner));
  end loop;
end
`
  return `do ${dollarQuoted(body)}`
}

/**
 * The part of the stall budget that may go into waiting. The swap itself holds each table 1 to 2 ms after that, and
 * after an attempt that fails, the server’s cancelling and the waking of the clients take some of it too: with 97 % of
 * 200 ms, clients were seen to wait up to 248 ms.
 */
export function lockBudget(budgetMs: number, tables: number): number {
  return Math.max(Math.round(budgetMs / 2), Math.round(budgetMs * 0.8) - 2 * tables)
}
