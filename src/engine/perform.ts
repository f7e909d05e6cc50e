import { uncountedRule } from '../plan/probe-names.ts'
import { isMigrateError } from '../errors/migrate-error.ts'
import type { Action, GateAction, TransactionAction } from '../steps/action.ts'
import { leftAlone } from '../steps/bodies.ts'
import { openStandbys } from '../standby/standby.ts'
import { awaitQuietNames } from '../usage/gate.ts'
import { watchedNames } from '../usage/watched-name.ts'
import { awaitUnusedTables } from '../usage/unused.ts'
import { backUp } from './backing-up.ts'
import { judgeCanary } from './canary.ts'
import { databaseFailure } from './failure.ts'
import { proveBackup } from './proving.ts'
import type { PlacedStep } from './placed.ts'
import { performProbes } from './probing.ts'
import { performSubscribers } from './subscribers.ts'
import { performTransaction } from './transaction.ts'
import type { Work } from './work.ts'

/**
 * Performs the actions of a step, the last one together with the end of its journal row.
 * @throws MigrateError what an action throws, noted in the journal
 */
export async function performAll(
  work: Work,
  placed: PlacedStep,
  actions: readonly Action[],
  end: 'done' | 'pending',
): Promise<void> {
  const { phase, step } = placed
  try {
    let isEnded = false
    for (const [index, action] of actions.entries()) {
      const isLast = index === actions.length - 1
      isEnded = (await perform(work, placed, action, isLast ? end : undefined)) && isLast
    }
    if (!isEnded) await work.journal.endStep(work.run, phase.number, step.id, end)
  } catch (error) {
    const failure = isMigrateError(error) ? error : (databaseFailure(error, work) ?? error)
    await work.journal
      .failStep(work.run, phase.number, step.id, failure instanceof Error ? failure.message : String(failure))
      .catch(() => undefined)
    throw failure
  }
}

/** Performs one action; true when the journal’s row was ended in the same transaction. */
async function perform(
  work: Work,
  placed: PlacedStep,
  action: Action,
  end: 'done' | 'pending' | undefined,
): Promise<boolean> {
  const { events, run } = work
  const { phase, step } = placed
  work.throwIfStopped(action.sentence)
  const began = performance.now()
  events.emit({
    type: 'action:start',
    step: step.id,
    action: action.id,
    sentence: action.sentence,
    ...(action.policy === 'transaction' ? { sql: action.statements } : {}),
  })
  switch (action.policy) {
    case 'transaction': {
      const { canary, ...done } = await tellingWarnings(work, () =>
        performTransaction(work, step.id, action, [
          ...journalStatements(work, placed, end),
          ...watchDue(work, placed, action),
        ]),
      )
      events.emit({
        type: 'action:end',
        step: step.id,
        action: action.id,
        ms: performance.now() - began,
        ...done,
      })
      if (action.lock === 'ACCESS EXCLUSIVE')
        await work.journal.recordStall(run, phase.number, step.id, done.stallMs, canary)
      if (canary !== undefined) judgeCanary(work, placed, canary)
      return end !== undefined
    }
    case 'backup': {
      const record = await backUp(work, placed, action.relations)
      await work.journal.endStep(run, phase.number, step.id, 'done', record)
      break
    }
    case 'drill':
      await proveBackup(work, action.relations)
      break
    case 'probe':
      await performProbes(work, phase, action)
      break
    case 'gate':
      await performGate(work, action)
      break
    case 'subscriber':
      await performSubscribers(work, action)
      break
  }
  events.emit({
    type: 'action:end',
    step: step.id,
    action: action.id,
    ms: performance.now() - began,
    attempts: 1,
  })
  return action.policy === 'backup'
}

/** What a transaction has left alone is known only once it has looked. */
async function tellingWarnings<T>({ session, events }: Work, transact: () => Promise<T>): Promise<T> {
  const texts = new Set<string>()
  const stopListening = session.onNotice((message) => {
    if (message.endsWith(leftAlone)) texts.add(message)
  })
  try {
    const done = await transact()
    for (const text of texts) events.emit({ type: 'notice', level: 'warning', text })
    return done
  } finally {
    stopListening()
  }
}

async function performGate(work: Work, { evidence, relations, quietMs }: GateAction): Promise<void> {
  const { tables, facts } = await work.refresh()
  const watched = tables.filter(({ relation }) => relations.includes(relation))
  if (evidence === 'tables') return awaitUnusedTables(work.session, watched, facts.foreignKeys)
  const { standbys } = work.plan.databases[work.target.alias]!
  await using elsewhere = await openStandbys(standbys, `${work.plan.name}/gate`)
  const names = watchedNames(watched, facts.routines)
  await awaitQuietNames({ session: work.session, standbys: elsewhere.standbys }, work.run, names, {
    quietMs,
    isWaived: (name) => work.plan.allow.some(({ rule, on }) => rule === uncountedRule && on === name),
  })
}

/** A switch is known to have been watched only once its canary has told what it saw. */
function watchDue(
  { plan, journal, run }: Work,
  { phase, step }: PlacedStep,
  { canary }: TransactionAction,
): string[] {
  if (canary === undefined || !plan.canary.isEnabled) return []
  return [journal.watchDueStatement(run, phase.number, step.id)]
}

/** Row first: the journal speaks in the same transaction as the change, before it, and fails it when the lease is gone. */
function journalStatements(
  work: Work,
  { phase, step }: PlacedStep,
  end: 'done' | 'pending' | undefined,
): string[] {
  return [
    work.lease.fence,
    ...(end === undefined ? [] : [work.journal.endStepStatement(work.run, phase.number, step.id, end)]),
  ]
}
