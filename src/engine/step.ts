import { takeBackup } from '../backup/dump.ts'
import { isMigrateError } from '../errors/migrate-error.ts'
import type { Direction } from '../events/event.ts'
import type { StepRow } from '../journal/rows.ts'
import type { CompiledPhase } from '../movers/in-place.ts'
import type { Action } from '../steps/action.ts'
import type { Observed, Step, StepContext, StepData, StepKind } from '../steps/kind.ts'
import { stepKind } from '../steps/registry.ts'
import { awaitQuietNames } from '../usage/gate.ts'
import { toolVersion } from '../version.ts'
import { databaseFailure } from './failure.ts'
import { performProbes } from './probing.ts'
import { performTransaction } from './transaction.ts'
import type { Work } from './work.ts'

/** A step in its place, with the journal’s row if it was ever begun. */
export interface PlacedStep {
  readonly phase: CompiledPhase
  readonly step: Step
  readonly position: number
  readonly row: StepRow | undefined
}

/** What reality says of a step. */
export function observeStep({ step }: PlacedStep, context: StepContext): Observed {
  return stepKind(step.kind).observe(step.config, context)
}

/** Does a step unless reality says that it is done; a step that was begun and killed is found here and settled. */
export async function doStep(work: Work, placed: PlacedStep, context: StepContext): Promise<void> {
  const { phase, step, row } = placed
  const kind = stepKind(step.kind)
  const observed = kind.observe(step.config, context)
  const isDone = row?.state === 'done'
  if (isDone && (observed === 'present' || observed === 'unknown')) {
    work.events.emit({ type: 'step:skip', phase: phase.number, step: step.id, reason: 'done before' })
    return
  }
  const began = startStep(work, placed, kind.summary(step.config, context), 'do')
  const record = merged(
    row?.state === 'pending' ? undefined : row?.record,
    kind.record?.(step.config, context) ?? {},
  )
  await work.journal.beginStep(work.run, { ...describe(placed, kind, context), record }, 'running')
  const actions = observed === 'present' ? [] : kind.actions(step.config, context)
  await performAll(work, placed, actions, 'done', kind)
  endStep(work, placed, began, 'do')
  await work.recorder.flush()
}

/** Takes a step back. One that never happened is only settled. */
export async function undoStep(work: Work, placed: PlacedStep, context: StepContext): Promise<void> {
  const { step, row } = placed
  if (row === undefined || row.state === 'pending') return
  const kind = stepKind(step.kind)
  const began = startStep(work, placed, kind.undoSummary(step.config, context), 'undo')
  await work.journal.beginStep(
    work.run,
    { ...describe(placed, kind, context), record: row.record },
    'undoing',
  )
  const isAbsent = kind.observe(step.config, context) === 'absent'
  const actions = isAbsent
    ? (kind.settle?.(step.config, context) ?? kind.undo(step.config, context, row.record as StepData))
    : kind.undo(step.config, context, row.record as StepData)
  await performAll(work, placed, actions, 'pending', kind)
  endStep(work, placed, began, 'undo')
  await work.recorder.flush()
}

async function performAll(
  work: Work,
  placed: PlacedStep,
  actions: readonly Action[],
  end: 'done' | 'pending',
  kind: StepKind,
): Promise<void> {
  const { phase, step } = placed
  try {
    let isEnded = false
    for (const [index, action] of actions.entries()) {
      const isLast = index === actions.length - 1
      isEnded = (await perform(work, placed, action, isLast ? end : undefined, kind)) && isLast
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
  kind: StepKind,
): Promise<boolean> {
  const { events, run, session } = work
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
      const done = await performTransaction(
        work,
        step.id,
        action,
        journalStatements(work, placed, end, kind),
        [],
      )
      events.emit({
        type: 'action:end',
        step: step.id,
        action: action.id,
        ms: performance.now() - began,
        ...done,
      })
      if (action.lock === 'ACCESS EXCLUSIVE')
        await work.journal.recordStall(run, phase.number, step.id, done.stallMs)
      return end !== undefined
    }
    case 'backup': {
      const record = await backUp(work, placed, action.relations)
      await work.journal.endStep(run, phase.number, step.id, 'done', record)
      break
    }
    case 'probe':
      await performProbes(work, phase, action)
      break
    case 'gate': {
      const { tables } = await work.refresh()
      await awaitQuietNames(
        session,
        run,
        tables.filter(({ relation }) => action.relations.includes(relation)),
        action.quietMs,
      )
      break
    }
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

/** Row first: the journal speaks in the same transaction as the change, before it, and fails it when the lease is gone. */
function journalStatements(
  work: Work,
  { phase, step }: PlacedStep,
  end: 'done' | 'pending' | undefined,
  kind: StepKind,
): string[] {
  return [
    work.lease.fence,
    ...(kind.traits.reversible === 'never' ? [work.journal.noReturnStatement(work.run)] : []),
    ...(end === undefined ? [] : [work.journal.endStepStatement(work.run, phase.number, step.id, end)]),
  ]
}

async function backUp(
  work: Work,
  { phase }: PlacedStep,
  relations: readonly number[],
): Promise<{ path: string }> {
  const { tables } = await work.refresh()
  const wanted = tables.filter(({ relation }) => relations.includes(relation))
  const { plan, target, server, events, signal } = work
  const backup = await takeBackup(
    {
      planName: plan.name,
      phase: phase.number,
      phaseName: phase.name,
      tables: wanted.map(({ live }) => ({ schema: live.schema, name: live.name })),
      target,
      server,
      directory: plan.defaults.backupDir,
      jobs: plan.defaults.backupJobs,
      toolVersion,
    },
    events,
    signal,
  )
  return { path: backup.path }
}

function describe(
  { phase, step, position }: PlacedStep,
  kind: StepKind,
  context: StepContext,
): { phase: number; id: string; position: number; kind: string; summary: string } {
  return {
    phase: phase.number,
    id: step.id,
    position,
    kind: step.kind,
    summary: kind.summary(step.config, context),
  }
}

function startStep(work: Work, { phase, step }: PlacedStep, summary: string, direction: Direction): number {
  work.events.emit({ type: 'step:start', phase: phase.number, step: step.id, summary, direction })
  return performance.now()
}

function endStep(work: Work, { phase, step }: PlacedStep, began: number, direction: Direction): void {
  work.events.emit({
    type: 'step:end',
    phase: phase.number,
    step: step.id,
    ms: performance.now() - began,
    direction,
  })
}

/** A step that is done again adds to what it did before: lists are united, the first answer to a question stands. */
function merged(before: Record<string, unknown> | undefined, now: StepData): Record<string, unknown> {
  if (before === undefined) return { ...now }
  const result: Record<string, unknown> = { ...now, ...before }
  for (const [key, value] of Object.entries(now)) {
    const known = before[key]
    if (!Array.isArray(value) || !Array.isArray(known)) continue
    const seen = new Set(known.map((entry) => JSON.stringify(entry)))
    result[key] = [
      ...(known as unknown[]),
      ...(value as unknown[]).filter((entry) => !seen.has(JSON.stringify(entry))),
    ]
  }
  return result
}
