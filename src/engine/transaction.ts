import { setTimeout as sleep } from 'node:timers/promises'
import { describeBlocker, readBlockers } from '../catalog/blockers.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { isConnectionLoss, isRetryable, sqlstate, stateOf } from '../pg/sqlstate.ts'
import type { TransactionAction } from '../steps/action.ts'
import { envelope, lockBudget, type Envelope } from './envelope.ts'
import { statementError } from './failure.ts'
import type { Work } from './work.ts'

/** Attempts lost to a sequence before they are detached beforehand. */
const reliefAfter = 3
const firstTimeoutMs = 50

/**
 * Performs statements in one transaction with their journal rows, sent as one query string so that no lock is held
 * while the network is waited for. Waits for locks in short attempts: nobody queues behind the runner for longer than
 * the stall budget, and a deadlock hits the runner.
 * @throws MigrateError `lock-timeout` with who holds the locks, `drift-found`, `statement-failed`, `lease-lost`
 */
export async function performTransaction(
  work: Work,
  step: string,
  action: TransactionAction,
  journal: readonly string[],
  finish: readonly string[],
): Promise<{ stallMs: number; attempts: number }> {
  const { plan, session, events } = work
  const began = performance.now()
  const budget = lockBudget(plan.defaults.stallBudgetMs, action.lockFirst.length)
  let isRelieved = false
  for (let attempt = 1, timeout = Math.min(firstTimeoutMs, budget); ; attempt++) {
    work.throwIfStopped(step)
    if (action.relief !== undefined && attempt > reliefAfter)
      isRelieved = await relieve(session, action.relief.before, work, timeout)
    const sent = performance.now()
    try {
      await session.script(
        envelope(action, journal, finish, {
          lockTimeoutMs: timeout,
          budgetMs: plan.defaults.stallBudgetMs,
          server: work.server,
        }),
      )
      return { stallMs: performance.now() - sent, attempts: attempt }
    } catch (error) {
      await session.script('rollback').catch(() => undefined)
      if (!isRetryable(error)) {
        if (isRelieved) await restore(work, action)
        throw statementError(error, action, work)
      }
      const waited = performance.now() - began
      const blockers = await whoHolds(work, action)
      if (waited >= plan.defaults.lockRetryMs) {
        if (isRelieved) await restore(work, action)
        throw lockTimeout(action, attempt, waited, blockers, error)
      }
      // The pause is at least as long as the attempt was, so that clients are stalled half of the time at most.
      const waitMs = Math.round(timeout * (1 + Math.random()))
      events.emit({
        type: 'action:retry',
        step,
        action: action.id,
        attempt,
        reason: reason(error),
        waitMs,
        blockers,
      })
      await sleep(waitMs, undefined, work.signal === undefined ? {} : { signal: work.signal }).catch(
        () => undefined,
      )
      timeout = Math.min(timeout * 2, budget)
    }
  }
}

async function relieve(
  session: Session,
  statements: readonly string[],
  work: Work,
  lockTimeoutMs: number,
): Promise<boolean> {
  const plain: Envelope = { lockTimeoutMs, budgetMs: work.plan.defaults.stallBudgetMs, server: work.server }
  try {
    await session.script(envelope({ lockFirst: [], statements }, [work.lease.fence], [], plain))
    return true
  } catch (error) {
    await session.script('rollback').catch(() => undefined)
    if (isRetryable(error)) return false
    throw error
  }
}

/** What relief took apart is put together again; a failure here is repaired by the next run, which settles the step. */
async function restore(work: Work, action: TransactionAction): Promise<void> {
  if (action.relief === undefined) return
  for (let attempt = 0; attempt < 20; attempt++) {
    const done = await relieve(
      work.session,
      action.relief.restore,
      work,
      work.plan.defaults.stallBudgetMs,
    ).catch(() => true)
    if (done) return
    await sleep(50)
  }
}

async function whoHolds(work: Work, action: TransactionAction): Promise<string[]> {
  try {
    const oids = await work.session.query<{ oid: number }>(
      `select to_regclass(n)::oid as oid from unnest($1::text[]) n where to_regclass(n) is not null`,
      [action.lockedRelations.map(qualified)],
    )
    const found = await readBlockers(
      work.session,
      oids.map(({ oid }) => oid),
      firstTimeoutMs,
    )
    return found.slice(0, 8).map(describeBlocker)
  } catch (error) {
    if (isConnectionLoss(error)) throw error
    return []
  }
}

function reason(error: unknown): string {
  switch (stateOf(error)) {
    case sqlstate.deadlockDetected:
      return 'a deadlock, which the runner gave way to'
    case sqlstate.queryCanceled:
      return 'the stall budget was used up before every lock was granted'
    default:
      return 'a lock was not granted in time'
  }
}

function lockTimeout(
  action: TransactionAction,
  attempts: number,
  waitedMs: number,
  blockers: readonly string[],
  cause: unknown,
): MigrateError {
  const names = action.lockedRelations.slice(0, 3).map(qualified).join(', ')
  const more = action.lockedRelations.length > 3 ? ` and ${action.lockedRelations.length - 3} more` : ''
  return new MigrateError(
    'lock-timeout',
    `could not lock ${names}${more} (${attempts} tries in ${(waitedMs / 1000).toFixed(1)} s)`,
    {
      detail:
        blockers.length > 0
          ? blockers
          : [
              'nobody was seen holding them for longer than an instant: the tables are busy with short transactions',
            ],
      state: {
        kind: 'rolled-back',
        sentence: 'this step changed nothing; the steps before it are done and safe to leave as they are',
      },
      next: [
        'run the same command again: it continues with this step',
        'migrate status        shows who holds the locks',
        'or raise defaults.stallBudget or defaults.lockRetry in the plan',
      ],
      cause,
    },
  )
}
