import type { StepRow } from '../journal/rows.ts'
import type { CompiledPhase } from '../movers/in-place.ts'
import type { Step } from '../steps/kind.ts'

/** A step in its place, with the journal’s row if it was ever begun. */
export interface PlacedStep {
  readonly phase: CompiledPhase
  readonly step: Step
  readonly position: number
  readonly row: StepRow | undefined
}
