import type { Direction } from '../events/event.ts'
import type { Observed, StepContext, StepData, StepKind } from '../steps/kind.ts'
import { stepContext } from '../steps/context.ts'
import { stepKind } from '../steps/registry.ts'
import { performAll } from './perform.ts'
import type { PlacedStep } from './placed.ts'
import type { Work } from './work.ts'

/** What reality says of a step. */
export function observeStep({ step }: PlacedStep, context: StepContext): Observed {
  return stepKind(step.kind).observe(step.config, context)
}

/** Steps one after the other; one that gives other names to things is followed by a new look at the catalogs. */
export async function stepByStep(
  work: Work,
  placed: readonly PlacedStep[],
  first: StepContext,
  act: (placed: PlacedStep, context: StepContext) => Promise<void>,
): Promise<void> {
  let context = first
  for (const one of placed) {
    await act(one, context)
    if (stepKind(one.step.kind).traits.renames === true)
      context = stepContext(work.plan, (await work.refresh()).facts)
  }
}

/** Does a step unless reality says that it is done; a step that was begun and killed is found here and settled. */
export async function doStep(work: Work, placed: PlacedStep, context: StepContext): Promise<void> {
  const { phase, step, row } = placed
  const kind = stepKind(step.kind)
  const observed = kind.observe(step.config, context)
  const isDone = row?.state === 'done' && kind.traits.repeats !== true
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
  // Found done by a runner that was killed: what it may have left half-way is put right.
  const actions =
    observed === 'present' ? (kind.settle?.(step.config, context) ?? []) : kind.actions(step.config, context)
  await performAll(work, placed, actions, 'done')
  endStep(work, placed, began, 'do')
  await work.recorder.flush()
}

/** Takes a step back. One that never happened is only settled. */
export async function undoStep(work: Work, placed: PlacedStep, context: StepContext): Promise<void> {
  const { step, row } = placed
  if (row === undefined || row.state === 'pending') return
  const kind = stepKind(step.kind)
  const isAbsent = kind.observe(step.config, context) === 'absent'
  const record = row.record as StepData
  const actions =
    (isAbsent ? kind.settle?.(step.config, context) : undefined) ?? kind.undo(step.config, context, record)
  if (actions.length === 0) {
    // Nothing to take back: a backup is kept, a check has left nothing.
    await work.journal.beginStep(work.run, { ...describe(placed, kind, context), record }, 'undoing')
    await work.journal.endStep(work.run, row.phase, step.id, 'pending')
    return
  }
  const began = startStep(work, placed, kind.undoSummary(step.config, context), 'undo')
  await work.journal.beginStep(work.run, { ...describe(placed, kind, context), record }, 'undoing')
  await performAll(work, placed, actions, 'pending')
  endStep(work, placed, began, 'undo')
  await work.recorder.flush()
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
