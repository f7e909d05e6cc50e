import type { PhaseSpec } from './plan.ts'

interface NamedSwitch {
  readonly name: string
  readonly switch: readonly string[]
}

/**
 * Numbers the phases of a plan: expand, the plan's own switches, a switch for each service they leave out in the
 * order of the services, contract.
 */
export function numberPhases(services: readonly string[], own: readonly NamedSwitch[]): PhaseSpec[] {
  const named = new Set(own.flatMap((phase) => phase.switch))
  const rest = services.filter((service) => !named.has(service))
  const phases: Omit<PhaseSpec, 'number'>[] = [
    { name: 'expand', kind: 'expand', services },
    ...own.map(({ name, switch: switched }) => ({ name, kind: 'switch' as const, services: switched })),
    ...rest.map((service) => ({ name: `switch ${service}`, kind: 'switch' as const, services: [service] })),
    { name: 'contract', kind: 'contract', services },
  ]
  return phases.map((phase, index) => ({ number: index + 1, ...phase }))
}
