import { readTransactions } from '../canary/share.ts'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { EventStream } from '../events/stream.ts'
import { isPoisoned, poisonOf } from '../journal/poison.ts'
import type { Poison } from '../journal/rows.ts'
import type { CompiledPhase } from '../movers/in-place.ts'
import { adoptPartitions } from './adopt.ts'
import { refuseTrouble } from './canary.ts'
import { CheckError } from './check-error.ts'
import { openStandbys } from '../standby/standby.ts'
import { observeUse } from '../usage/observe.ts'
import { recordUse } from '../usage/record.ts'
import { watchedNames } from '../usage/watched-name.ts'
import { isDone, isPending, lastPhase, phaseName, phaseRow, placedSteps } from './phases.ts'
import { goneChecks, isOfCanary, unchecked } from './poisoned.ts'
import { checkPhase } from './readiness.ts'
import { undoPhase } from './rollback.ts'
import { withLease, type RunnerOptions } from './runner.ts'
import { doStep, observeStep, stepByStep } from './step.ts'
import type { Work } from './work.ts'
import { survey, type Survey, type Workspace } from './workspace.ts'

export interface ExecuteRequest {
  /** The numbers of the phases to bring to an end, in ascending order. */
  readonly phases: readonly number[]
}

export interface PhaseOutcome {
  readonly number: number
  readonly name: string
  readonly outcome: 'done' | 'was-done'
  readonly ms: number
}

/**
 * Executes phases in order. A phase that is done is looked at and left alone; one that was begun is continued.
 * Everything that can be refused is refused before the first change.
 * @throws MigrateError any of the engine’s codes
 */
export async function execute(
  workspace: Workspace,
  request: ExecuteRequest,
  options: RunnerOptions,
): Promise<PhaseOutcome[]> {
  const first = await survey(workspace)
  const open = request.phases.find((number) => !isDone(first, number))
  // A repair of an earlier phase may take away what speaks against the open one.
  const repairs = first.phases.some(
    (phase) =>
      request.phases.includes(phase.number) &&
      isDone(first, phase.number) &&
      needsRepair(workspace, first, phase),
  )
  if (open !== undefined && !repairs) await checkPhase(workspace, first, open, new EventStream())
  else if (open === undefined && first.journal?.run.state === 'completed')
    return request.phases.map((number) => wasDone(workspace, number))
  return withLease(workspace, options, async (work) => {
    const outcomes: PhaseOutcome[] = []
    await adoptPartitions(work)
    await catchUp(work, Math.min(...request.phases))
    for (const number of request.phases) outcomes.push(await executePhase(work, number))
    return outcomes
  })
}

/** Phases before the requested ones do for late partitions what they have done for the others. */
async function catchUp(work: Work, before: number): Promise<void> {
  const { facts } = await work.refresh()
  if (!facts.tables.some(({ isAdopted }) => isAdopted)) return
  for (const { number } of work.plan.phases.filter((phase) => phase.number < before)) {
    if (isDone(await survey(work), number)) await executePhase(work, number)
  }
}

async function executePhase(work: Work, number: number): Promise<PhaseOutcome> {
  const { events, run } = work
  const now = await survey(work)
  const phase = now.phases.find((candidate) => candidate.number === number)!
  const row = phaseRow(now, number)
  const isRepair = row?.state === 'done'
  if (!isRepair) await checkPhase(work, now, number, events)
  else if (!needsRepair(work, now, phase)) {
    events.emit({ type: 'phase:skip', phase: number, name: phase.name, reason: 'done before' })
    return wasDone(work, number)
  }
  const began = performance.now()
  events.emit({
    type: 'phase:start',
    phase: number,
    name: phase.name,
    direction: 'do',
    steps: phase.steps.length,
  })
  await work.journal.setPhase(run, number, 'running')
  work.before.transactions = await readTransactions(work.session)
  work.before.poison = row?.poison ?? null
  try {
    judgeStanding(work, now, phase)
    await stepByStep(work, placedSteps(now, phase), now.context, (placed, context) =>
      doStep(work, placed, context),
    )
  } catch (error) {
    throw await onFailure(work, phase, error)
  }
  await endPhase(work, number, row?.poison ?? null)
  if (phase.kind === 'switch') await observeFirst(work)
  const ms = performance.now() - began
  events.emit({ type: 'phase:end', phase: number, name: phase.name, direction: 'do', ms })
  return { number, name: phase.name, outcome: 'done', ms }
}

/** A switch that has held clients up stands until it is undone or waived, whoever was ended in between. */
function judgeStanding(work: Work, now: Survey, phase: CompiledPhase): void {
  const row = phaseRow(now, phase.number)
  if (row?.state === 'done' && !isOfCanary(row.poison)) return
  for (const placed of placedSteps(now, phase)) {
    const { canary = null, state = 'pending' } = placed.row ?? {}
    if (canary === null || state === 'pending' || observeStep(placed, now.context) === 'absent') continue
    refuseTrouble(work, placed, canary)
  }
}

/** What was found wrong is lifted from a phase that is done, unless by a check that has not looked again. */
async function endPhase(
  { plan, events, journal, run }: Work,
  number: number,
  poison: Poison | null,
): Promise<void> {
  for (const rule of goneChecks(plan, poison)) {
    const text = `what ${rule} had found is lifted: the plan has no such probe any more`
    events.emit({ type: 'notice', level: 'warning', text })
  }
  await journal.setPhase(run, number, 'done', {
    ends: number === lastPhase(plan) ? 'completed' : undefined,
    poison: unchecked(plan, poison),
  })
}

/** The quiet period of an old name is counted from here. */
async function observeFirst(work: Work): Promise<void> {
  const { plan, session, target, run } = work
  await using elsewhere = await openStandbys(plan.databases[target.alias]!.standbys, `${plan.name}/observe`)
  const { facts } = await work.refresh()
  const names = watchedNames(facts.tables, facts.routines)
  await recordUse(session, run, await observeUse({ session, standbys: elsewhere.standbys }, names))
}

/** A failed check undoes the switch it was to confirm, if the plan says so; the phase is poisoned before. */
async function onFailure(work: Work, phase: CompiledPhase, error: unknown): Promise<unknown> {
  if (!(error instanceof CheckError)) return error
  await work.journal.poison(work.run, phase.number, poisonOf('execute', error.findings))
  if (!isToBeUndone(work, phase, error, await survey(work))) return error
  work.events.emit({
    type: 'notice',
    level: 'warning',
    text: `${error.message}; undoing ${phaseName(phase)}`,
  })
  try {
    await undoPhase(work, phase.number)
  } catch (failure) {
    return unfinished(phase, error, failure)
  }
  return new MigrateError(error.code, error.message, {
    detail: error.detail,
    state: {
      kind: 'rolled-back',
      sentence: `${phaseName(phase)} was undone; nothing written meanwhile was lost`,
    },
    next: [
      'remove the cause, then run the same command again',
      'or waive it by name in `allow`, with a reason',
    ],
    cause: error,
  })
}

/** What was found wrong stands above what has kept it from being undone; a stop stays a stop. */
function unfinished(phase: CompiledPhase, error: CheckError, failure: unknown): unknown {
  if (isMigrateError(failure) && ['interrupted', 'terminated'].includes(failure.code)) return failure
  const why = failure instanceof Error ? failure.message : String(failure)
  return new MigrateError(error.code, `${error.message}; its undo did not finish: ${why}`, {
    detail: [...error.detail, ...(isMigrateError(failure) ? failure.detail : [])],
    state: {
      kind: 'resumable',
      sentence: `${phaseName(phase)} stands, in part or as a whole, and is found wrong; the next rollback or execution of it undoes it`,
    },
    next: [`migrate rollback --phase ${phase.number}`, 'migrate status'],
    cause: failure,
  })
}

/** A switch that has held clients up is undone in any case, but none on which later phases stand. */
function isToBeUndone({ plan }: Work, phase: CompiledPhase, error: CheckError, now: Survey): boolean {
  if (phase.kind !== 'switch') return false
  if (plan.phases.some(({ number }) => number > phase.number && !isPending(now, number))) return false
  return error.code === 'stall-exceeded' || plan.defaults.onProbeFailure === 'undo'
}

/**
 * Something of a finished phase is missing or out of date: a column was added, a function was made. Or a check has found
 * it wrong since, and is to be made again.
 */
function needsRepair({ plan }: Workspace, now: Survey, phase: CompiledPhase): boolean {
  if (now.journal?.run.state === 'completed') return false
  if (isPoisoned(plan, phaseRow(now, phase.number))) return true
  return placedSteps(now, phase).some((placed) =>
    ['absent', 'partial'].includes(observeStep(placed, now.context)),
  )
}

function wasDone({ plan }: Workspace, number: number): PhaseOutcome {
  const { name } = plan.phases.find((phase) => phase.number === number)!
  return { number, name, outcome: 'was-done', ms: 0 }
}
