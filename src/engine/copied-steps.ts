import type { PlacedStep } from './placed.ts'
import { phaseName, placedSteps } from './phases.ts'
import { observeStep } from './step.ts'
import type { Survey } from './workspace.ts'

/** Steps whose outcome is the place of things: nothing but the step itself, or its undo, brings it about. */
const placing = new Set([
  'expand-table',
  'switch-tables',
  'contract-table',
  'expand-routine',
  'switch-routines',
  'contract-routine',
  'contract-sequences',
  'move-types',
])

/** Compares each step with what is here: what contradicts the journal, and what the copy has lost and will get again. */
export function differing(now: Survey): {
  readonly wrong: readonly string[]
  readonly told: readonly string[]
} {
  const wrong: string[] = []
  const told: string[] = []
  for (const phase of now.phases)
    for (const placed of placedSteps(now, phase)) {
      const { step, row } = placed
      const observed = observeStep(placed, now.context)
      const where = `${phaseName(phase)}, step ${step.id}`
      if (placing.has(step.kind) ? contradicts(placed, observed) : false)
        wrong.push(`${where}: the journal says ${row?.state ?? 'pending'}, the database ${observed}`)
      else if (row?.state === 'done' && ['absent', 'partial'].includes(observed))
        told.push(
          `${where}: not in the copy as it was; migrate execute --phase ${phase.number} does it again`,
        )
    }
  return { wrong, told }
}

/** A step that was under way when the copy was made may be here or not: whoever goes on finds out. */
function contradicts({ row }: PlacedStep, observed: string): boolean {
  const state = row?.state ?? 'pending'
  if (state === 'done') return observed === 'absent' || observed === 'unknown'
  return state === 'pending' && row !== undefined && observed === 'present'
}
