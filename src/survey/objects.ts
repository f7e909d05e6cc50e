import { readRoutines } from '../catalog/routines.ts'
import { readTypes } from '../catalog/types.ts'
import { didYouMean } from '../errors/suggest.ts'
import { policyOf, type CompatPolicy } from '../plan/compat.ts'
import { matchTables } from '../plan/match.ts'
import type { Plan, Service } from '../plan/plan.ts'
import type { Session } from '../pg/session.ts'
import type { MappingProblem } from './mapping-problem.ts'

export type ObjectClass = 'function' | 'type'

/** A function, procedure or type of the move, known by its OID. */
export interface ObjectMapping {
  readonly class: ObjectClass
  readonly oid: number
  readonly service: string
  readonly name: string
  /** Types of a function's arguments when the run began; empty for a type. */
  readonly arguments: string
  readonly source: string
  readonly target: string
  readonly compat: CompatPolicy
}

interface Candidate {
  readonly oid: number
  readonly name: string
  readonly arguments?: string
  readonly extension: string | null
}

const lists = {
  functions: { class: 'function', read: readRoutines },
  types: { class: 'type', read: readTypes },
} as const

/** Finds the functions and types that the plan's names and globs mean; what does not fit goes to `problems`. */
export async function resolveObjects(
  session: Session,
  plan: Plan,
  problems: MappingProblem[],
): Promise<ObjectMapping[]> {
  const mappings: ObjectMapping[] = []
  for (const list of ['functions', 'types'] as const) {
    const claims = new Map<number, Service>()
    for (const service of plan.services) {
      if (service[list].length === 0) continue
      const known: Candidate[] = await lists[list].read(session, service.sourceSchema)
      for (const candidate of claimed(service, list, known, claims, problems))
        mappings.push({
          class: lists[list].class,
          oid: candidate.oid,
          service: service.name,
          name: candidate.name,
          arguments: candidate.arguments ?? '',
          source: service.sourceSchema,
          target: service.schema,
          compat: policyOf(candidate.name, service.compat, plan.defaults.compat),
        })
    }
  }
  return mappings
}

function claimed(
  service: Service,
  list: keyof typeof lists,
  known: readonly Candidate[],
  claims: Map<number, Service>,
  problems: MappingProblem[],
): Candidate[] {
  const found: Candidate[] = []
  const names = [...new Set(known.map(({ name }) => name))]
  service[list].forEach((pattern, index) => {
    const path = ['services', service.name, list, index]
    const { matched, unmatchedPatterns } = matchTables([pattern], names)
    const one = lists[list].class
    if (unmatchedPatterns.length > 0) {
      const text = `there is no ${one} "${pattern}" in schema ${service.sourceSchema}${didYouMean(pattern, names)}`
      problems.push({ code: 'table-not-found', path, text })
    }
    const meant = known.filter(
      ({ name, extension }) => matched.includes(name) && (name === pattern || extension === null),
    )
    for (const candidate of meant) {
      const holder = claims.get(candidate.oid)
      if (holder !== undefined && holder !== service) {
        const text = `${one} ${service.sourceSchema}.${candidate.name} is claimed by service "${holder.name}" and by service "${service.name}"`
        problems.push({ code: 'mapping-conflict', path, text })
      } else if (holder === undefined) {
        claims.set(candidate.oid, service)
        found.push(candidate)
      }
    }
  })
  return found
}
