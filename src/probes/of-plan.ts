import type { Plan } from '../plan/plan.ts'
import type { ProbeSetting } from '../plan/probes.ts'
import type { BuiltInProbe } from '../plan/probe-names.ts'
import { httpProbe } from './http.ts'
import type { Probe } from './probe.ts'
import { probes } from './registry.ts'
import { sqlProbe } from './sql.ts'

/** The probes of the tool and of the plan, by name. */
export function probesOf(plan: Plan): ReadonlyMap<string, Probe> {
  const own = plan.probes.own.map((spec) => (spec.kind === 'sql' ? sqlProbe(spec) : httpProbe(spec)))
  return new Map([...probes, ...own.map((probe) => [probe.id, probe] as const)])
}

/** Severity and budget of a probe: what the plan says, else its own. */
export function settingOf(plan: Plan, probe: Probe): Pick<ProbeSetting, 'severity' | 'budgetMs'> {
  const setting =
    plan.probes.own.find(({ name }) => name === probe.id) ??
    plan.probes.settings.get(probe.id as BuiltInProbe)
  const budgetMs = setting !== undefined && 'budgetMs' in setting ? setting.budgetMs : undefined
  return { severity: setting?.severity ?? 'error', budgetMs: budgetMs ?? probe.budgetMs }
}
