import type { PhaseRow, Poison } from '../journal/rows.ts'
import { poisonFindings } from '../journal/poison.ts'
import { exitProbes } from '../movers/exit-probes.ts'
import type { PhaseSpec, Plan } from '../plan/plan.ts'
import { canaryRule } from '../plan/probe-names.ts'
import { probesOf, settingOf } from '../probes/of-plan.ts'
import { isBlocking } from '../survey/finding.ts'

type Poisoned = Pick<PhaseRow, 'number' | 'poison'>

/** The checks of a phase that is executed: its own, and those that have found it wrong. */
export function checksOf(plan: Plan, phase: PhaseSpec, poison: Poison | null): string[] {
  const known = probesOf(plan)
  const named = rulesOf(poison).filter((rule) => known.has(rule))
  return [...new Set([...exitProbes(plan, phase), ...named])]
}

/** What stands against a phase whose checks have all passed: that of checks which have not looked. */
export function unchecked(plan: Plan, poison: Poison | null): Poison | null {
  const probes = probesOf(plan)
  const hasLooked = (rule: string): boolean => {
    const probe = probes.get(rule)
    if (probe === undefined) return true
    if (rule === 'traffic' && plan.probes.traffic.windowMs === 0) return false
    return settingOf(plan, probe).severity !== 'off'
  }
  return without(poison, hasLooked)
}

/** Checks that the plan has no more: nothing can find that what they said is gone. */
export function goneChecks(plan: Plan, poison: Poison | null): string[] {
  const known = probesOf(plan)
  return [...new Set(rulesOf(poison))].filter((rule) => rule !== canaryRule && !known.has(rule))
}

export function without(poison: Poison | null, isLifted: (rule: string) => boolean): Poison | null {
  if (poison === null) return null
  const findings = poison.findings.filter(({ rule }) => !isLifted(rule))
  return findings.length === 0 ? null : { ...poison, findings }
}

export function isOfCanary(poison: Poison | null | undefined): boolean {
  return rulesOf(poison).includes(canaryRule)
}

/** What to type so that a poisoned phase no longer holds up the later ones. */
export function cure(plan: Plan, row: Poisoned): string {
  const blocking = poisonFindings(plan, row).filter(isBlocking)
  return blocking.some(({ rule }) => rule === canaryRule)
    ? `migrate rollback --phase ${row.number}        only another switch tells whether the canary is served better`
    : `migrate verify --phase ${row.number}        until it passes, no later phase begins`
}

function rulesOf(poison: Poison | null | undefined): string[] {
  return (poison?.findings ?? []).map(({ rule }) => rule)
}
