import { isView } from '../catalog/relations.ts'
import type { PhaseSpec, Plan, Service } from '../plan/plan.ts'
import type { Step } from '../steps/kind.ts'
import { spelled } from '../steps/routines.ts'
import type { Facts, RoutineFacts, TableFacts, TypeFacts } from '../survey/facts.ts'
import { batches } from './batches.ts'
import { exitProbes } from './exit-probes.ts'
import { pathSchemas } from '../survey/search-path.ts'
import { expandStep, schemaStep } from '../steps/names.ts'

/** A phase of the plan with its steps, in the order in which they are done. */
export interface CompiledPhase extends PhaseSpec {
  readonly steps: readonly Step[]
}

/**
 * The in-place mover: tables change their schema inside one database. Turns the plan and the facts of its tables into
 * phases of steps; pure, so that the same input gives the same plan.
 */
export function compileInPlace(plan: Plan, facts: Facts): CompiledPhase[] {
  const database = plan.services[0]!.database
  return plan.phases.map((phase) => {
    const services = plan.services.filter(
      ({ name }) => phase.kind !== 'switch' || phase.services.includes(name),
    )
    const names = new Set(services.map(({ name }) => name))
    const tables = facts.tables.filter(({ service }) => names.has(service))
    const routines = facts.routines.filter(({ service }) => names.has(service))
    const types = facts.types.filter(({ service }) => names.has(service))
    const scope: Scope = { plan, phase, facts, database, services, tables, routines, types }
    const steps = { expand, switch: switchOver, contract }[phase.kind](scope)
    return { ...phase, steps: [...backup(scope, phase), ...steps] }
  })
}

interface Scope {
  readonly plan: Plan
  readonly phase: PhaseSpec
  readonly facts: Facts
  readonly database: string
  readonly services: readonly Service[]
  readonly tables: readonly TableFacts[]
  readonly routines: readonly RoutineFacts[]
  readonly types: readonly TypeFacts[]
}

function backup({ plan, database, tables }: Scope, phase: PhaseSpec): Step[] {
  const wanted =
    plan.defaults.backup === 'each-phase' || (plan.defaults.backup === 'first-phase' && phase.number === 1)
  const relations = oids(tables.filter(({ live }) => !isView(live)))
  if (relations.length === 0) return []
  const config = { database, relations }
  const { drill } = plan.backups
  const isDrilled = drill === 'before-switch' ? phase.kind === 'switch' : drill === 'each-phase' && wanted
  return [
    ...(wanted ? [{ id: 'backup', kind: 'take-backup', config }] : []),
    ...(isDrilled ? [{ id: 'drill', kind: 'drill-backup', config }] : []),
  ]
}

function expand(scope: Scope): Step[] {
  const { database, services, tables, routines, types } = scope
  const of = (service: Service): TableFacts[] => tables.filter((table) => table.service === service.name)
  return [
    { id: 'stage', kind: 'prepare-stage', config: { database } },
    ...services.map((service) => ({
      id: schemaStep(service.schema),
      kind: 'prepare-schema',
      config: {
        database,
        schema: service.schema,
        relations: oids(of(service)),
        routines: ofService(routines, service),
        types: ofService(types, service),
        roles: [...service.roles],
      },
    })),
    ...(pathSchemas(tables).length === 0
      ? []
      : [{ id: 'search path', kind: 'set-path', config: { database } }]),
    ...services.flatMap((service) =>
      of(service).map((table) => ({
        id: expandStep(table.target, table.name),
        kind: 'expand-table',
        config: { database, relation: table.relation, roles: [...service.roles] },
      })),
    ),
    ...routines.map((routine) => ({
      id: `wrapper ${routine.target}.${spelled(routine)}`,
      kind: 'expand-routine',
      config: { database, routine: routine.oid },
    })),
    { id: 'structure', kind: 'watch-structure', config: { database } },
    check(scope),
  ]
}

function switchOver(scope: Scope): Step[] {
  const { database, services, tables, routines } = scope
  const late = tables.filter(({ compat }) => compat === 'late')
  return [
    ...(late.length === 0
      ? []
      : [{ id: 'unused', kind: 'await-unused', config: { database, relations: oids(late) } }]),
    ...services.flatMap((service) => switchService(scope, service)),
    ...services
      .map((service) => ({ service: service.name, routines: ofService(routines, service) }))
      .filter((its) => its.routines.length > 0)
      .map((its) => ({
        id: `functions ${its.service}`,
        kind: 'switch-routines',
        config: { database, ...its },
      })),
    ...watch(database, services, tables),
    check(scope),
  ]
}

/**
 * A subscriber follows after each transaction: changes that come after it carry the new names of its tables and still
 * the old ones of others, and the subscriber can have only one of the two.
 */
function switchService({ plan, facts, database, tables }: Scope, service: Service): Step[] {
  const mappings = facts.resolved.mappings.filter((mapping) => mapping.service === service.name)
  const live = new Map(tables.map((table) => [table.relation, table]))
  const parts = batches(mappings, live)
  return parts.flatMap((part, index): Step[] => {
    const name = parts.length === 1 ? service.name : `${service.name} ${index + 1}/${parts.length}`
    const relations = oids(part)
    return [
      ...subscribers(plan, database, part, 'subscribers-ready', name),
      {
        id: `switch ${name}`,
        kind: 'switch-tables',
        config: { database, service: service.name, relations, part: index + 1, parts: parts.length },
      },
      ...subscribers(plan, database, part, 'subscribers-follow', name),
    ]
  })
}

function subscribers(
  plan: Plan,
  database: string,
  tables: readonly TableFacts[],
  kind: string,
  name: string,
): Step[] {
  const relations = oids(tables.filter(({ live }) => !isView(live)))
  if (plan.databases[database]!.subscribers.length === 0 || relations.length === 0) return []
  return [{ id: `${kind.replace('-', ' ')} ${name}`, kind, config: { database, relations } }]
}

function watch(database: string, services: readonly Service[], tables: readonly TableFacts[]): Step[] {
  return services.map((service) => ({
    id: `watch ${service.name}`,
    kind: 'watch-names',
    config: {
      database,
      service: service.name,
      relations: oids(tables.filter((table) => table.service === service.name)),
    },
  }))
}

function contract(scope: Scope): Step[] {
  const { plan, facts, database, services, tables, routines, types } = scope
  return [
    { id: 'bodies', kind: 'rewrite-bodies', config: { database } },
    {
      id: 'quiet',
      kind: 'await-quiet',
      config: { database, relations: oids(tables), quietMs: plan.contract.quietMs },
    },
    ...tables.map((table) => ({
      id: `contract ${table.source}.${table.name}`,
      kind: 'contract-table',
      config: { database, relation: table.relation },
    })),
    ...services
      .map((service) => ({ service: service.name, sequences: ofService(facts.sequences.going, service) }))
      .filter((its) => its.sequences.length > 0)
      .map((its) => ({
        id: `sequences ${its.service}`,
        kind: 'contract-sequences',
        config: { database, ...its },
      })),
    ...routines.map((routine) => ({
      id: `contract ${routine.source}.${spelled(routine)}`,
      kind: 'contract-routine',
      config: { database, routine: routine.oid },
    })),
    ...services
      .map((service) => ({ service: service.name, types: ofService(types, service) }))
      .filter((its) => its.types.length > 0)
      .map((its) => ({ id: `types ${its.service}`, kind: 'move-types', config: { database, ...its } })),
    ...subscribers(plan, database, tables, 'subscribers-contract', 'contract'),
    { id: 'structure', kind: 'unwatch-structure', config: { database } },
    { id: 'stage', kind: 'drop-stage', config: { database } },
    check(scope),
  ]
}

function check({ plan, phase, database, tables }: Scope): Step {
  return {
    id: 'check',
    kind: 'run-probes',
    config: { database, relations: oids(tables), probes: exitProbes(plan, phase) },
  }
}

function ofService(
  objects: readonly { readonly oid: number; readonly service: string }[],
  { name }: Service,
): number[] {
  return objects.filter(({ service }) => service === name).map(({ oid }) => oid)
}

function oids(tables: readonly TableFacts[]): number[] {
  return tables.map(({ relation }) => relation)
}
