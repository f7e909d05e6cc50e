import type { Place } from '../errors/migrate-error.ts'
import { checkBackups } from './check-backups.ts'
import { checkCompat } from './check-compat.ts'
import { checkMoves } from './check-moves.ts'
import { checkNames } from './check-names.ts'
import { checkPhases } from './check-phases.ts'
import { checkProbes } from './check-probes.ts'
import { checkTables } from './check-tables.ts'
import { draftOf } from './draft.ts'
import type { Finding } from './finding.ts'
import type { Problem } from './problem.ts'
import type { PlanSource } from './source.ts'

/** Everything that concerns more than one value of a plan: names that refer to others, and collisions. */
export function checkPlan(source: PlanSource): Problem[] {
  const draft = draftOf(source.value)
  return [checkNames, checkMoves, checkTables, checkPhases, checkCompat, checkBackups, checkProbes]
    .flatMap((check): Finding[] => check(draft))
    .map(({ code, path, message, also = [] }) => ({
      code,
      message: `${message}${elsewhere(also.map((other) => source.place(other)))}`,
      place: source.place(path),
    }))
}

function elsewhere(places: readonly Place[]): string {
  return places.length === 0
    ? ''
    : ` (also at ${places.map(({ line, column }) => `${line}:${column}`).join(', ')})`
}
