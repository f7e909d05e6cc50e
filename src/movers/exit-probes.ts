import type { PhaseSpec, Plan } from '../plan/plan.ts'
import { builtInProbes, type BuiltInProbe } from '../plan/probe-names.ts'
import { isDue } from '../plan/probes.ts'

/** At the end of which phases a probe runs unless the plan says so; content reads every row. */
const phasesOf: Readonly<Record<BuiltInProbe, readonly string[]>> = {
  parity: ['expand', 'switch', 'contract'],
  names: ['expand', 'switch'],
  functions: ['expand', 'switch'],
  sequences: ['expand', 'switch', 'contract'],
  'foreign-keys': ['switch', 'contract'],
  grants: ['expand', 'switch', 'contract'],
  content: [],
  connection: ['switch', 'contract'],
  isolation: ['switch', 'contract'],
  traffic: ['switch'],
}

/** The phases that a probe is made for, or that the plan gives it. */
function probePhases(plan: Plan, id: string): readonly string[] {
  const own = plan.probes.own.find(({ name }) => name === id)
  if (own !== undefined) return own.phases
  const known = id as BuiltInProbe
  return plan.probes.settings.get(known)?.phases ?? phasesOf[known]
}

/** The checks at the end of a phase: the tool’s own, those of surroundings that the plan tells, the operator’s. */
export function exitProbes(plan: Plan, phase: PhaseSpec): string[] {
  const services = plan.services.filter(({ name }) => phase.services.includes(name))
  const isPlanned = (id: string): boolean => {
    if (id === 'connection') return services.some(({ url }) => url !== undefined)
    if (id === 'isolation') return services.some(({ isIsolated }) => isIsolated)
    return id !== 'traffic' || plan.canary.isEnabled
  }
  return [...Object.keys(phasesOf), ...plan.probes.own.map(({ name }) => name)].filter(
    (id) => isPlanned(id) && isDue(probePhases(plan, id), phase),
  )
}

/** Probes that are about surroundings of a phase, and mean nothing before it. */
export function waitsForPhase(id: string): boolean {
  return id === 'connection' || id === 'isolation' || !builtInProbes.some((known) => known === id)
}
