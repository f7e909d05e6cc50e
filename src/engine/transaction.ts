import { setTimeout as sleep } from 'node:timers/promises'
import { describeBlocker, readBlockers } from '../catalog/blockers.ts'
import type { CanaryReport } from '../canary/report.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/quoting.ts'
import { isConnectionLoss, isRetryable, sqlstate, stateOf } from '../pg/sqlstate.ts'
import type { TransactionAction } from '../steps/action.ts'
import { startCanary } from './canary.ts'
import { envelope, lockBudget, lockedNotice, type Envelope } from './envelope.ts'
import { statementError } from './failure.ts'
import { poolerPause } from './pooler.ts'
import { watchStandbys } from './standbys.ts'
import type { Work } from './work.ts'

const firstTimeoutMs = 50

/**
 * How an attempt deals with sequences that the tables own. Locked after the tables, they meet clients that take a key
 * first and insert later (a deadlock); locked before, they meet clients that read the table and insert later. Where
 * both kinds are at work, only a transaction of their own just before helps; it is put back if the attempt fails, since
 * pg_get_serial_sequence() answers NULL meanwhile.
 */
const tactics = ['after', 'before', 'after', 'before', 'apart'] as const
type Tactic = (typeof tactics)[number]

interface Outcome {
  readonly error?: unknown
  readonly lostToSequence: boolean
}

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
): Promise<{ stallMs: number; attempts: number; canary?: CanaryReport }> {
  const { plan, events } = work
  const budget = lockBudget(plan.defaults.stallBudgetMs, action.lockFirst.length)
  await using standbys = await watchStandbys(work, action)
  await using pooler = await poolerPause(work, action)
  await using canary = await startCanary(work, action)
  const began = performance.now()
  const once = (timeout: number, tactic: Tactic): Promise<Outcome> => {
    const attempt = (): Promise<Outcome> => attemptOnce(work, action, journal, timeout, tactic)
    return pooler.around(() => canary?.during(attempt) ?? attempt())
  }
  let lostToSequences = 0
  for (let attempt = 1, timeout = Math.min(firstTimeoutMs, budget); ; attempt++) {
    work.throwIfStopped(action.sentence)
    const tactic = tactics[Math.min(lostToSequences, tactics.length - 1)]!
    const onStandbys = await standbys.holders()
    const sent = performance.now()
    const outcome = onStandbys.length > 0 ? heldByStandby : await once(timeout, tactic)
    const { error } = outcome
    if (error === undefined) {
      const stallMs = performance.now() - sent
      const seen = await canary?.settle()
      await standbys.settle()
      return { stallMs, attempts: attempt, ...(seen === undefined ? {} : { canary: seen }) }
    }
    if (outcome !== heldByStandby && !isRetryable(error)) throw statementError(error, action, work)
    if (action.relief !== undefined && outcome.lostToSequence) lostToSequences++
    const waited = performance.now() - began
    const blockers = onStandbys.length > 0 ? onStandbys : await whoHolds(work, action)
    if (waited >= plan.defaults.lockRetryMs) throw lockTimeout(action, attempt, waited, blockers, error)
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

/** An attempt that was not made. */
const heldByStandby = {
  error: new Error('queries on a standby hold the tables'),
  lostToSequence: false,
}

async function attemptOnce(
  work: Work,
  action: TransactionAction,
  journal: readonly string[],
  lockTimeoutMs: number,
  tactic: Tactic,
): Promise<Outcome> {
  const limits: Envelope = { lockTimeoutMs, budgetMs: work.plan.defaults.stallBudgetMs, server: work.server }
  const before = tactic === 'before' ? (action.relief?.before ?? []) : []
  let hasTables = false
  const stopListening = work.session.onNotice((message) => (hasTables ||= message === lockedNotice))
  let isApart = false
  try {
    isApart = tactic === 'apart' && (await relieve(work, action.relief?.before ?? [], lockTimeoutMs))
    await work.session.script(envelope({ ...action, before }, journal, limits))
    return { lostToSequence: false }
  } catch (error) {
    await work.session.script('rollback').catch(() => undefined)
    if (isApart) await restore(work, action)
    return { error, lostToSequence: tactic === 'before' ? !hasTables : hasTables }
  } finally {
    stopListening()
  }
}

async function relieve(work: Work, statements: readonly string[], lockTimeoutMs: number): Promise<boolean> {
  const { session, plan, server, lease } = work
  const limits: Envelope = { lockTimeoutMs, budgetMs: plan.defaults.stallBudgetMs, server }
  try {
    await session.script(envelope({ before: [], lockFirst: [], statements }, [lease.fence], limits))
    return true
  } catch (error) {
    await session.script('rollback').catch(() => undefined)
    if (isRetryable(error)) return false
    throw error
  }
}

/** What was taken apart is put together again; should that fail too, the next run settles the step. */
async function restore(work: Work, action: TransactionAction): Promise<void> {
  if (action.relief === undefined) return
  for (let attempt = 0; attempt < 20; attempt++) {
    if (await relieve(work, action.relief.restore, work.plan.defaults.stallBudgetMs).catch(() => true)) return
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
  if (error === heldByStandby.error) return heldByStandby.error.message
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
