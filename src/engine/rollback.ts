import { MigrateError } from '../errors/migrate-error.ts'
import { isPending, phaseName, phaseRow, placedSteps } from './phases.ts'
import { checkWayBack } from './way-back.ts'
import { withLease, type RunnerOptions } from './runner.ts'
import { adoptPartitions } from './adopt.ts'
import { stepByStep, undoStep } from './step.ts'
import type { Work } from './work.ts'
import { survey, type Survey, type Workspace } from './workspace.ts'

/** `phase` undoes that one; `to` undoes everything after it, newest first. */
export type RollbackTarget = { readonly phase: number } | { readonly to: number }

export interface UndoOutcome {
  readonly number: number
  readonly name: string
  readonly ms: number
}

/** The phases that a rollback would undo, newest first; nothing is changed. */
export async function rollbackList(workspace: Workspace, target: RollbackTarget): Promise<number[]> {
  return listPhases(workspace, await survey(workspace), target)
}

/**
 * Undoes phases under traffic: what was written by new names since is simply there by the old ones. A step that was
 * killed halfway is settled first.
 * @throws MigrateError `phase-not-run`, `phase-out-of-order`, `preflight-refused`, or what a failed undo throws
 */
export async function rollback(
  workspace: Workspace,
  target: RollbackTarget,
  options: RunnerOptions,
): Promise<UndoOutcome[]> {
  const now = await survey(workspace)
  const list = listPhases(workspace, now, target)
  if (list.length === 0 && !isLeftOpen(workspace, now)) return []
  await checkWayBack(workspace, now, list)
  return withLease(workspace, options, async (work) => {
    if (list.length > 0) await work.journal.reopenRun(work.run)
    const outcomes: UndoOutcome[] = []
    await adoptPartitions(work)
    for (const number of list) outcomes.push(await undoPhase(work, number))
    const left = await survey(workspace)
    if (workspace.plan.phases.every(({ number }) => isPending(left, number)))
      await work.journal.endRun(work.run, 'reverted')
    return outcomes
  })
}

/** A run that was begun and killed before its first phase, or rolled back and killed before its end was noted. */
function isLeftOpen({ plan }: Workspace, now: Survey): boolean {
  return now.journal?.run.state === 'active' && plan.phases.every(({ number }) => isPending(now, number))
}

/** Undoes the steps of one phase, the last first. */
export async function undoPhase(work: Work, number: number): Promise<UndoOutcome> {
  const now = await survey(work)
  const phase = now.phases.find((candidate) => candidate.number === number)!
  const began = performance.now()
  work.events.emit({
    type: 'phase:start',
    phase: number,
    name: phase.name,
    direction: 'undo',
    steps: phase.steps.length,
  })
  await work.journal.setPhase(work.run, number, 'undoing')
  await stepByStep(work, placedSteps(now, phase).reverse(), now.context, (placed, context) =>
    undoStep(work, placed, context),
  )
  await work.journal.setPhase(work.run, number, 'pending')
  const ms = performance.now() - began
  work.events.emit({ type: 'phase:end', phase: number, name: phase.name, direction: 'undo', ms })
  return { number, name: phase.name, ms }
}

function listPhases({ plan }: Workspace, now: Survey, target: RollbackTarget): number[] {
  if (now.journal === undefined && 'to' in target) return []
  if (now.journal === undefined)
    throw notRun(`plan "${plan.name}" has not changed anything here, or was rolled back already`)
  if ('to' in target) {
    return plan.phases
      .map(({ number }) => number)
      .filter((number) => number > target.to && !isPending(now, number))
      .reverse()
  }
  return onePhase(
    now,
    plan.phases.find(({ number }) => number === target.phase)!,
    plan,
  )
}

function onePhase(now: Survey, phase: { number: number; name: string }, plan: Workspace['plan']): number[] {
  const row = phaseRow(now, phase.number)
  if (row === undefined || row.state === 'pending') {
    if (row?.endedAt != null) return []
    throw notRun(`${phaseName(phase)} has not been run`)
  }
  const later = plan.phases.filter(({ number }) => number > phase.number && !isPending(now, number))
  if (later.length > 0) {
    throw new MigrateError(
      'phase-out-of-order',
      `${phaseName(phase)} cannot be undone while ${later.map(phaseName).join(', ')} ${later.length === 1 ? 'stands' : 'stand'}`,
      {
        next: [
          `migrate rollback --phase ${later.at(-1)!.number}`,
          `or all of them: migrate rollback --to ${phase.number - 1}`,
        ],
      },
    )
  }
  return [phase.number]
}

function notRun(message: string): MigrateError {
  return new MigrateError('phase-not-run', message, { next: ['migrate status'] })
}
