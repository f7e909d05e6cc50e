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
    if (broken.length > 0) throw keysBroken(broken)
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
  const names = [...tables].sort((a, b) => a.oid - b.oid).map(qualified)
  const began = performance.now()
  for (let timeout = Math.min(50, stallBudgetMs); ; timeout = Math.min(timeout * 2, stallBudgetMs)) {
    signal?.throwIfAborted()
    try {
      await session.script(`begin isolation level read committed; set local lock_timeout = ${timeout}`)
      if (fence !== undefined) await session.script(fence)
      if (names.length > 0) await session.script(`lock table ${names.join(', ')} in share row exclusive mode`)
      return
    } catch (error) {
      await session.script('rollback')
      if (!isRetryable(error)) throw error
      const waited = performance.now() - began
      if (waited >= lockRetryMs) throw await lockTimeout(session, tables, waited, error)
    }
    await sleep(timeout * (1 + Math.random()))
  }
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

function changeFailure(error: unknown, tables: readonly LiveTable[]): unknown {
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

function keysBroken([first, ...others]: readonly string[]): MigrateError {
  return new MigrateError('restore-refused', `the rows would not fit together: ${first ?? ''}`, {
    detail: others,
    state: { kind: 'rolled-back', sentence: 'nothing was changed' },
    next: ['restore the tables that refer to each other together: leave --table out, or name them too'],
  })
}
