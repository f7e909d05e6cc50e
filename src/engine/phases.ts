import type { Plan } from '../plan/plan.ts'
import type { CompiledPhase } from '../movers/in-place.ts'
import type { PhaseRow, StepRow } from '../journal/rows.ts'
import type { PlacedStep } from './placed.ts'
import type { Survey } from './workspace.ts'

export function phaseRow(survey: Survey, number: number): PhaseRow | undefined {
  return survey.journal?.phases.find((row) => row.number === number)
}

/** Not begun, or wholly rolled back. */
export function isPending(survey: Survey, number: number): boolean {
  return (phaseRow(survey, number)?.state ?? 'pending') === 'pending'
}

export function isDone(survey: Survey, number: number): boolean {
  return phaseRow(survey, number)?.state === 'done'
}

/** The steps of a phase, each with its journal row. */
export function placedSteps(survey: Survey, phase: CompiledPhase): PlacedStep[] {
  const rows = new Map<string, StepRow>(
    (survey.journal?.steps ?? []).filter((row) => row.phase === phase.number).map((row) => [row.id, row]),
  )
  return phase.steps.map((step, index) => ({ phase, step, position: index + 1, row: rows.get(step.id) }))
}

export function lastPhase(plan: Plan): number {
  return plan.phases.at(-1)!.number
}

export function phaseName({ number, name }: { readonly number: number; readonly name: string }): string {
  return `phase ${number} "${name}"`
}
