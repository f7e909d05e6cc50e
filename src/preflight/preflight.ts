import { MigrateError } from '../errors/migrate-error.ts'
import { findingLine, isBlocking, type Finding } from '../survey/finding.ts'
import { waive } from '../survey/waivers.ts'
import { relationRules } from './relations.ts'
import { rightsRules } from './rights.ts'
import { routineRules } from './routines.ts'
import type { PreflightContext, Rule } from './rule.ts'
import { schemaRules } from './schemas.ts'
import { poolerRules } from './pooler.ts'
import { standbyRules } from './standby.ts'
import { surroundingRules } from './surroundings.ts'

export const rules: readonly Rule[] = [
  ...relationRules,
  ...schemaRules,
  ...rightsRules,
  ...surroundingRules,
  ...routineRules,
  ...standbyRules,
  ...poolerRules,
]

/** Everything that speaks against beginning a phase, or that someone should know before; waived where the plan says so. */
export async function preflight(context: PreflightContext): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const rule of rules) {
    if (!rule.phases.includes(context.phase)) continue
    for (const { severity, ...draft } of await rule.check(context)) {
      findings.push({ rule: rule.id, severity: severity ?? rule.severity, waivable: rule.waivable, ...draft })
    }
  }
  return waive(context.plan, findings)
}

/**
 * @throws MigrateError `preflight-refused`, or `privilege-missing` when rights are all that is missing
 */
export function refuseIfBlocked(phase: string, findings: readonly Finding[]): void {
  const blocking = findings.filter(isBlocking)
  if (blocking.length === 0) return
  const code = blocking.every(({ rule }) => rule === 'rights') ? 'privilege-missing' : 'preflight-refused'
  const count =
    blocking.length === 1 ? findingLine(blocking[0]!) : `${blocking.length} findings speak against ${phase}`
  throw new MigrateError(code, count, {
    detail: blocking.length === 1 ? (blocking[0]!.evidence ?? []) : blocking.map(findingLine),
    next: [
      ...new Set(blocking.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy]))),
      ...(blocking.some(({ waivable }) => waivable) ? ['or waive it by name in `allow`, with a reason'] : []),
    ],
  })
}
