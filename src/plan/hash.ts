import { createHash } from 'node:crypto'
import type { Plan } from './plan.ts'

/** The parts of a plan that decide the shape of the move. */
export type Shape = Pick<Plan, 'name' | 'services' | 'phases'> & {
  readonly version: number
  readonly aliases: readonly string[]
  readonly compat: string
  readonly searchPath: Plan['searchPath']
}

/**
 * The shape as text, the same for all ways to write the same plan: keys sorted, sets sorted, defaults filled in.
 *
 * Not in it, because an operator must be able to change them in the middle of a run: waivers, the stall budget,
 * retries, backups, the quiet time, what a failed probe does. Nor are URLs, which may hold secrets and differ
 * between machines; which server it is, the journal knows by its system identifier.
 */
export function structureOf({ version, name, aliases, services, phases, compat, searchPath }: Shape): string {
  const shape = {
    version,
    name,
    databases: sorted(aliases),
    services: Object.fromEntries(
      services.map((service) => [
        service.name,
        {
          from: `${service.database}.${service.sourceSchema}`,
          to: service.targetDatabase,
          schema: service.schema,
          tables: sorted(service.tables),
          views: sorted(service.views),
          functions: sorted(service.functions),
          types: sorted(service.types),
          // In order: the first glob that fits decides.
          compat: service.compat.map((rule) => [rule.tables, rule.policy]),
          roles: sorted(service.roles),
        },
      ]),
    ),
    // In order, unlike the rest: the order of services decides the numbers of their phases.
    phases: phases
      .filter(({ kind }) => kind === 'switch')
      .map((phase) => ({ number: phase.number, name: phase.name, switch: phase.services })),
    compat,
    searchPath: { roles: sorted(searchPath.roles), database: searchPath.database },
  }
  return `${JSON.stringify(shape, sortedKeys, 2)}\n`
}

/** SHA-256 in hex. */
export function hashOf(structure: string): string {
  return createHash('sha256').update(structure).digest('hex')
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].toSorted()
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
