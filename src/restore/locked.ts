import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError } from 'pg'
import { describeBlocker, readBlockers } from '../catalog/blockers.ts'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { classify } from '../pg/classify.ts'
import { ident, qualified } from '../pg/quoting.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { Session } from '../pg/session.ts'
import { isRetryable } from '../pg/sqlstate.ts'
import { brokenKeys } from './foreign-keys.ts'
import type { LiveTable } from './pairing.ts'

/** What changes of live tables need of their surroundings. */
export interface Ground {
  readonly session: Session
  readonly server: ServerFacts
  /** The longest that clients may queue behind a lock that is waited for, ms. */
  readonly stallBudgetMs: number
  readonly lockRetryMs: number
  /** Fails the transaction when the lease is gone; undefined where there is no journal. */
  readonly fence: string | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Changes tables in one transaction: writers of these tables wait until its end, readers do not. Triggers and foreign
 * keys sleep meanwhile; at the end every key from and to the tables is checked, and nothing is changed if one is broken.
 * @throws MigrateError `lock-timeout` with who holds the locks, `restore-refused` with the broken keys,
 * `privilege-missing`
 */
export async function changeLocked<T>(
  ground: Ground,
  tables: readonly LiveTable[],
  change: () => Promise<T>,
  whenBroken: readonly string[] = together,
): Promise<T> {
  const { session } = ground
  await refuseWithoutRight(ground)
  try {
    await lockAll(ground, tables)
    await session.script('set local idle_in_transaction_session_timeout = 0')
    await session.script(`set local session_replication_role = replica; set local lock_timeout = '10s'`)
    const result = await change()
    const broken = await brokenKeys(
      session,
      tables.map(({ oid }) => oid),
    )
    if (broken.length > 0) throw keysBroken(broken, whenBroken)
    ground.signal?.throwIfAborted()
    await session.script('commit')
    return result
  } catch (error) {
    await session.script('rollback').catch(() => undefined)
    throw changeFailure(error, tables)
  }
}

/** Waits in short attempts, so that nobody queues behind this session for longer than the stall budget. */
async function lockAll(ground: Ground, tables: readonly LiveTable[]): Promise<void> {
  const { session, stallBudgetMs, lockRetryMs, fence, signal } = ground
  const locks = await neededLocks(session, tables)
  const began = performance.now()
  for (let timeout = Math.min(50, stallBudgetMs); ; timeout = Math.min(timeout * 2, stallBudgetMs)) {
    signal?.throwIfAborted()
    try {
      await session.script(`begin isolation level read committed; set local lock_timeout = ${timeout}`)
      if (fence !== undefined) await session.script(fence)
      const until = performance.now() + timeout
      for (const { table, mode } of locks) {
        // Writers of the tables that are locked already wait for this one too: all share the budget.
        const left = Math.max(1, Math.round(until - performance.now()))
        await session.script(
          `set local lock_timeout = ${left}; lock table ${qualified(table)} in ${mode} mode`,
        )
      }
      return
    } catch (error) {
      await session.script('rollback')
      if (!isRetryable(error)) throw error
      const waited = performance.now() - began
      if (waited >= lockRetryMs) {
        const all = locks.map(({ table }) => table)
        throw await lockTimeout(session, all, waited, error)
      }
    }
    await sleep(timeout * (1 + Math.random()))
  }
}

interface Lock {
  readonly table: LiveTable
  readonly mode: 'share row exclusive' | 'share'
}

/**
 * What to lock, in the order of OIDs. Tables outside the set that its foreign keys refer to are among it: a row that
 * another transaction has deleted there, and not yet committed, would look like one that is there.
 */
async function neededLocks(session: Session, tables: readonly LiveTable[]): Promise<Lock[]> {
  const referenced = await session.query<LiveTable>(
    `select distinct c.oid::int8::float8 as oid, n.nspname as schema, c.relname as name
       from unnest($1::oid[]) t (oid)
      cross join lateral (select t.oid union select relid from pg_partition_tree(t.oid)) tree (oid)
       join pg_constraint k on k.contype = 'f' and k.conrelid = tree.oid
       join pg_class c on c.oid = k.confrelid join pg_namespace n on n.oid = c.relnamespace
      where c.oid <> all ($1::oid[])`,
    [tables.map(({ oid }) => oid)],
  )
  const locks: Lock[] = [
    ...tables.map((table) => ({ table, mode: 'share row exclusive' as const })),
    ...referenced.map((table) => ({ table, mode: 'share' as const })),
  ]
  return locks.sort((a, b) => a.table.oid - b.table.oid)
}

async function lockTimeout(
  session: Session,
  tables: readonly LiveTable[],
  waited: number,
  cause: unknown,
): Promise<MigrateError> {
  const blockers = await readBlockers(
    session,
    tables.map(({ oid }) => oid),
  )
  return new MigrateError(
    'lock-timeout',
    `could not lock ${tables.length} tables against writers within ${Math.round(waited / 1000)} s`,
    {
      detail: blockers.map(describeBlocker),
      state: { kind: 'untouched' },
      next: ['end what holds the locks, or wait for it, then run the same command again'],
      cause,
    },
  )
}

async function refuseWithoutRight({ session, server }: Ground): Promise<void> {
  if (server.isSuperuser) return
  const { may } =
    server.major >= 15
      ? await session.one<{ may: boolean }>(
          `select has_parameter_privilege(current_user, 'session_replication_role', 'SET') as may`,
        )
      : { may: false }
  if (may) return
  throw new MigrateError(
    'privilege-missing',
    `role ${server.user} may not let triggers sleep while it restores`,
    {
      detail: ['rows that are put back must fire no triggers and cascade nowhere'],
      next: [
        ...(server.major >= 15
          ? [`grant set on parameter session_replication_role to ${ident(server.user)}`]
          : []),
        'or run it as a superuser',
      ],
    },
  )
}

/** Says what an error under the locks means, whose transaction was rolled back. */
export function changeFailure(error: unknown, tables: readonly LiveTable[]): unknown {
  if (isMigrateError(error) || !(error instanceof DatabaseError)) return error
  const known = classify(error)
  if (known !== undefined) return known
  const state = { kind: 'rolled-back', sentence: 'nothing was changed' } as const
  if (isRetryable(error)) {
    return new MigrateError('lock-timeout', 'rows of these tables stayed locked for too long', {
      detail: [error.message, ...tables.map(qualified)],
      state,
      next: ['end the transactions that hold them, or wait, then run the same command again'],
      cause: error,
    })
  }
  return new MigrateError('statement-failed', `the rows could not be put in place: ${error.message}`, {
    detail: [`SQLSTATE ${error.code ?? 'none'}`, ...(error.detail === undefined ? [] : [error.detail])],
    state,
    next: ['remove the cause, then run the same command again', 'or restore beside, with --to-database NAME'],
    cause: error,
  })
}

function keysBroken([first, ...others]: readonly string[], next: readonly string[]): MigrateError {
  return new MigrateError('restore-refused', `the rows would not fit together: ${first ?? ''}`, {
    detail: others,
    state: { kind: 'rolled-back', sentence: 'nothing was changed' },
    next,
  })
}

const together = ['restore the tables that refer to each other together: leave --table out, or name them too']
