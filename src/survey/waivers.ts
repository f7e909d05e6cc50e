import { didYouMean } from '../errors/suggest.ts'
import type { Plan, Waiver } from '../plan/plan.ts'
import type { Finding } from './finding.ts'

/** Marks the findings that the plan’s `allow` waives. */
export function waive(plan: Plan, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => {
    const waiver = plan.allow.find((candidate) => matches(candidate, finding))
    return waiver === undefined || !finding.waivable ? finding : { ...finding, waived: waiver.because }
  })
}

/**
 * Waivers that waived nothing: the reason is gone, or the rule or object is misspelt. Whether one of `later` is needed
 * shows only when that probe runs.
 */
export function unusedWaivers(
  plan: Plan,
  findings: readonly Finding[],
  rules: readonly string[],
  later: { has(rule: string): boolean },
): Finding[] {
  return plan.allow
    .filter(({ rule }) => !later.has(rule))
    .filter((waiver) => !findings.some((finding) => matches(waiver, finding)))
    .map(({ rule, on }) => ({
      rule: 'unused-waiver',
      severity: 'warning',
      on,
      text: rules.includes(rule)
        ? `the waiver of ${rule} matches no finding`
        : `there is no rule "${rule}"${didYouMean(rule, rules)}`,
      remedy: 'remove it from allow',
      waivable: false,
    }))
}

function matches(waiver: Waiver, finding: Finding): boolean {
  return waiver.rule === finding.rule && waiver.on === finding.on
}
