import { MigrateError } from '../errors/migrate-error.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import { findingLine, isBlocking, type Finding } from '../survey/finding.ts'
import { waive } from '../survey/waivers.ts'
import { bodyRules } from './bodies.ts'
import { bodyStatementRules } from './body-statements.ts'
import { earlyNameRules } from './early-names.ts'
import { endingNameRules } from './ending-names.ts'
import { evidenceRules } from './evidence.ts'
import { lockRules } from './locks.ts'
import { objectRules } from './objects.ts'
import { partitionRules } from './partitions.ts'
import { policyRules } from './policies.ts'
import { registryRules } from './registries.ts'
import { relationRules } from './relations.ts'
import { rightsRules } from './rights.ts'
import { routineRules } from './routines.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'
import { schemaRules } from './schemas.ts'
import { poolerRules } from './pooler.ts'
import { standbyRules } from './standby.ts'
import { subscriberRules } from './subscriber.ts'
import { statementRules } from './statements.ts'
import { storedTextRules } from './stored-texts.ts'
import { surroundingRules } from './surroundings.ts'
import { traitRules } from './traits.ts'
import { triggerTextRules } from './trigger-texts.ts'

export const rules: readonly Rule[] = [
  ...relationRules,
  ...partitionRules,
  ...objectRules,
  ...policyRules,
  ...earlyNameRules,
  ...schemaRules,
  ...rightsRules,
  ...evidenceRules,
  ...surroundingRules,
  ...lockRules,
  ...traitRules,
  ...registryRules,
  ...routineRules,
  ...endingNameRules,
  ...bodyRules,
  ...storedTextRules,
  ...triggerTextRules,
  ...standbyRules,
  ...subscriberRules,
  ...poolerRules,
  ...statementRules,
  ...bodyStatementRules,
]

/** Everything that speaks against beginning a phase, or that someone should know before; waived where the plan says so. */
export async function preflight(context: PreflightContext): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const rule of rules) {
    if (!rule.phases.includes(context.phase)) continue
    for (const { severity, ...draft } of await draftsOf(rule, context)) {
      const { id, code, waivable } = rule
      findings.push({ rule: id, code, severity: severity ?? rule.severity, waivable, ...draft })
    }
  }
  return waive(context.plan, findings)
}

/** A rule that cannot be checked has not passed: that is a finding too. */
async function draftsOf(rule: Rule, context: PreflightContext): Promise<Draft[]> {
  try {
    return await rule.check(context)
  } catch (error) {
    if (stateOf(error) !== sqlstate.insufficientPrivilege) throw error
    const message = error instanceof Error ? error.message : String(error)
    return [
      {
        on: context.facts.server.user,
        severity: 'error',
        text: `${rule.id} could not be checked: ${message}`,
        remedy: `let ${context.facts.server.user} read what the message names`,
      },
    ]
  }
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
