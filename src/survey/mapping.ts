import {
  readPartitions,
  readRelations,
  readRelationsByOid,
  isView,
  type Relation,
} from '../catalog/relations.ts'
import { didYouMean } from '../errors/suggest.ts'
import { policyOf, type CompatPolicy } from '../plan/compat.ts'
import { matchTables } from '../plan/match.ts'
import type { Plan, Service } from '../plan/plan.ts'
import { mappingError, type MappingProblem } from './mapping-problem.ts'
import { resolveObjects, type ObjectMapping } from './objects.ts'
import type { Session } from '../pg/session.ts'

/** A table or view of the move: known by its OID, which stays the same wherever it goes. */
export interface Mapping {
  readonly relation: number
  readonly service: string
  readonly name: string
  readonly source: string
  readonly target: string
  /** How its old name keeps working. */
  readonly compat: CompatPolicy
  /** The topmost table of its partition tree when it became part of the run; its own OID without one. */
  readonly family: number
  /** Is it a partition that came after the run had begun? */
  readonly isAdopted: boolean
}

export interface Resolved {
  readonly mappings: readonly Mapping[]
  /** Functions, procedures and types that move with the tables. */
  readonly objects: readonly ObjectMapping[]
  /** Tables of the source schemas that no service claims. */
  readonly unclaimed: readonly { schema: string; name: string }[]
  /** Partitions of moved tables that are not part of the move: in a schema of their own, or made since the run began. */
  readonly strayPartitions: readonly { root: number; relation: Relation }[]
}

/** Partitions of moved tables that are not part of the move (yet). */
export async function readStrays(
  session: Session,
  mappings: readonly Mapping[],
): Promise<Resolved['strayPartitions']> {
  const byOid = new Map(mappings.map((mapping) => [mapping.relation, mapping]))
  const partitions = await readPartitions(session, [...byOid.keys()])
  const strays = await named(
    session,
    partitions.filter(({ oid }) => !byOid.has(oid)),
  )
  return strays.filter(
    ({ relation }, index) => strays.findIndex((other) => other.relation.oid === relation.oid) === index,
  )
}

/**
 * Finds the tables that the plan's names and globs mean. Partitions follow their parent.
 * @throws MigrateError `table-not-found`, `mapping-conflict`, with every problem of the plan at once
 */
export async function resolveMappings(session: Session, plan: Plan): Promise<Resolved> {
  const problems: MappingProblem[] = []
  const claims = new Map<number, { service: Service; index: number }>()
  const relations = new Map<string, Relation[]>()
  for (const service of plan.services) {
    const known = relations.get(service.sourceSchema) ?? (await readRelations(session, service.sourceSchema))
    relations.set(service.sourceSchema, known)
    for (const list of ['tables', 'views'] as const) claim(service, list, known, claims, problems)
  }
  const objects = await resolveObjects(session, plan, problems)
  if (problems.length > 0) throw mappingError(plan, problems)
  const all = [...relations.values()].flat()
  const byOid = new Map(all.map((relation) => [relation.oid, relation]))
  const roots = [...claims.keys()].filter((oid) => byOid.get(oid)?.kind === 'p')
  const strays: { root: number; oid: number }[] = []
  for (const { root, oid } of await readPartitions(session, roots)) {
    if (claims.has(oid)) continue
    const { service, index } = claims.get(root)!
    if (byOid.get(oid)?.schema === service.sourceSchema) claims.set(oid, { service, index })
    else strays.push({ root, oid })
  }
  return {
    mappings: inPlanOrder(plan, claims, byOid),
    objects,
    unclaimed: unclaimedTables(all, claims),
    strayPartitions: await named(session, strays),
  }
}

/** Kinds of relation (pg_class.relkind) that a list of a service can name, and the word for one of them. */
const listed = {
  tables: { kinds: ['r', 'p'], one: 'table' },
  views: { kinds: ['v', 'm'], one: 'view' },
} as const
type RelationList = keyof typeof listed

function claim(
  service: Service,
  list: RelationList,
  known: readonly Relation[],
  claims: Map<number, { service: Service; index: number }>,
  problems: MappingProblem[],
): void {
  const { kinds, one } = listed[list]
  const fitting = known.filter(({ kind }) => kinds.some((fitting) => fitting === kind))
  const byName = new Map(fitting.map((relation) => [relation.name, relation]))
  service[list].forEach((pattern, index) => {
    const path = ['services', service.name, list, index]
    const { matched, unmatchedPatterns } = matchTables([pattern], [...byName.keys()])
    if (unmatchedPatterns.length > 0) {
      problems.push({ code: 'table-not-found', path, text: notFound(pattern, service, list, known) })
      return
    }
    for (const name of matched) {
      const relation = byName.get(name)!
      // A glob means whole tables, whose partitions come with them, and the operator's own views.
      if (name !== pattern && (relation.isPartition || (list === 'views' && relation.extension !== null)))
        continue
      const holder = claims.get(relation.oid)
      if (holder !== undefined && holder.service !== service) {
        const text = `${one} ${service.sourceSchema}.${name} is claimed by service "${holder.service.name}" and by service "${service.name}"`
        problems.push({ code: 'mapping-conflict', path, text })
        problems.push({
          code: 'mapping-conflict',
          path: ['services', holder.service.name, list, holder.index],
          text,
        })
      } else if (holder === undefined) claims.set(relation.oid, { service, index })
    }
  })
}

const kindNames: Record<string, string> = {
  r: 'a table',
  p: 'a partitioned table',
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
}

function notFound(pattern: string, service: Service, list: RelationList, known: readonly Relation[]): string {
  const { kinds, one } = listed[list]
  const other = known.find((relation) => relation.name === pattern)
  if (other !== undefined) {
    const wayOut =
      other.kind === 'f'
        ? 'foreign tables are not moved'
        : `name it in "${list === 'tables' ? 'views' : 'tables'}"`
    return `${service.sourceSchema}.${pattern} is ${kindNames[other.kind]}, not a ${one}; ${wayOut}`
  }
  if (known.length === 0)
    return `there is no ${one} "${pattern}": schema ${service.sourceSchema} has no ${list} or does not exist`
  const names = known.filter(({ kind }) => kinds.some((fitting) => fitting === kind)).map(({ name }) => name)
  return `there is no ${one} "${pattern}" in schema ${service.sourceSchema}${didYouMean(pattern, names)}`
}

/** Services in the plan's order; inside one tables before views, by name, each partitioned table before its partitions. */
function inPlanOrder(
  plan: Plan,
  claims: ReadonlyMap<number, { service: Service }>,
  byOid: ReadonlyMap<number, Relation>,
): Mapping[] {
  const mappings = [...claims].map(([relation, { service }]) => ({
    relation,
    service,
    found: byOid.get(relation)!,
  }))
  const position = new Map(plan.services.map((service, index) => [service.name, index]))
  const key = (oid: number): string => {
    const found = byOid.get(oid)
    return found?.isPartition === true && found.parent !== null && claims.has(found.parent)
      ? `${key(found.parent)}\0${found.name}`
      : (found?.name ?? '')
  }
  return mappings
    .sort(
      (a, b) =>
        position.get(a.service.name)! - position.get(b.service.name)! ||
        Number(isView(a.found)) - Number(isView(b.found)) ||
        (key(a.relation) < key(b.relation) ? -1 : 1),
    )
    .map(({ relation, service, found }) => {
      const family = rootOf(relation, claims, byOid)
      const policy = policyOf(byOid.get(family)!.name, service.compat, plan.defaults.compat)
      return {
        relation,
        service: service.name,
        name: found.name,
        source: service.sourceSchema,
        target: service.schema,
        compat: policyFor(found, policy),
        family,
        isAdopted: false,
      }
    })
}

/** A shell is a partitioned table, which a view cannot be part of. */
function policyFor(relation: Relation, policy: CompatPolicy): CompatPolicy {
  return policy === 'shell' && isView(relation) ? 'view' : policy
}

/** The table at the top of a partition tree, as far as it moves. Partitions have its policy. */
function rootOf(
  oid: number,
  claims: ReadonlyMap<number, unknown>,
  byOid: ReadonlyMap<number, Relation>,
): number {
  const { isPartition, parent } = byOid.get(oid)!
  return isPartition && parent !== null && claims.has(parent) ? rootOf(parent, claims, byOid) : oid
}

function unclaimedTables(
  all: readonly Relation[],
  claims: ReadonlyMap<number, unknown>,
): { schema: string; name: string }[] {
  return all
    .filter(
      ({ oid, kind, extension }) => (kind === 'r' || kind === 'p') && extension === null && !claims.has(oid),
    )
    .map(({ schema, name }) => ({ schema, name }))
}

async function named(
  session: Session,
  strays: readonly { root: number; oid: number }[],
): Promise<{ root: number; relation: Relation }[]> {
  if (strays.length === 0) return []
  const found = new Map(
    (
      await readRelationsByOid(
        session,
        strays.map(({ oid }) => oid),
      )
    ).map((relation) => [relation.oid, relation]),
  )
  return strays.flatMap(({ root, oid }) => (found.has(oid) ? [{ root, relation: found.get(oid)! }] : []))
}
