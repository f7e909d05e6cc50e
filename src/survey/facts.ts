import { readColumns, type Column } from '../catalog/columns.ts'
import { readDefaultPrivileges, type DefaultPrivilege } from '../catalog/default-privileges.ts'
import { readForeignKeys, type ForeignKey } from '../catalog/foreign-keys.ts'
import { readBodyMentions, type BodyMention } from '../catalog/functions.ts'
import { readGrants, readOwnersWithout, type Grant } from '../catalog/grants.ts'
import { readLocations, type Location } from '../catalog/location.ts'
import { markOf } from '../catalog/names.ts'
import { pathSettings, type PathSetting } from '../catalog/path-settings.ts'
import { readRelationsByOid, type Relation } from '../catalog/relations.ts'
import { readReplication, type Replication } from '../catalog/replication.ts'
import { readRoles, readSchemas, type RoleFacts, type SchemaFacts } from '../catalog/roles.ts'
import { readRowTypeUses, type RowTypeUse } from '../catalog/row-types.ts'
import { readRoutineLocations, type RoutineLocation } from '../catalog/routines.ts'
import { readSearchPaths, type SearchPaths } from '../catalog/search-paths.ts'
import { readSequences, type ColumnSequence } from '../catalog/sequences.ts'
import { readStatistics, type StatisticsObject } from '../catalog/statistics.ts'
import { readTypeLocations, type TypeLocation } from '../catalog/types.ts'
import { readWayOfCounting, type WayOfCounting } from '../catalog/way-of-counting.ts'
import { readStructureWatch } from '../catalog/structure-watch.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { Session } from '../pg/session.ts'
import type { Plan } from '../plan/plan.ts'
import type { Mapping, Resolved } from './mapping.ts'
import { readNamedMoves } from './named-moves.ts'
import type { ObjectMapping } from './objects.ts'
import { surveySequences, type SharedSequences } from './shared-sequences.ts'
import { readTexts, type TextFacts } from './texts.ts'

/** One table of the move with everything the mover must know of it. */
export interface TableFacts extends Mapping {
  readonly live: Relation
  readonly location: Location
  readonly columns: readonly Column[]
  readonly grants: readonly Grant[]
  readonly sequences: readonly ColumnSequence[]
  readonly rowTypeUses: readonly string[]
  readonly statistics: readonly StatisticsObject[]
  readonly mentions: readonly BodyMention[]
  readonly ownerLacksRights: boolean
}

/** A function or procedure of the move. */
export interface RoutineFacts extends ObjectMapping {
  readonly location: RoutineLocation
  readonly mentions: readonly BodyMention[]
}

/** A type of the move. */
export interface TypeFacts extends ObjectMapping {
  readonly location: TypeLocation
  readonly mentions: readonly BodyMention[]
}

/** What the catalogs stop telling once a run is under way. */
export interface Remembered {
  readonly sequences: readonly ColumnSequence[]
  readonly rowTypeUses: readonly RowTypeUse[]
}

/** Everything read from the catalogs for one plan; plain data, from which steps and findings are computed. */
export interface Facts extends TextFacts {
  readonly server: ServerFacts
  readonly tables: readonly TableFacts[]
  readonly missing: readonly Mapping[]
  readonly routines: readonly RoutineFacts[]
  readonly types: readonly TypeFacts[]
  readonly missingObjects: readonly ObjectMapping[]
  /** Sequences that no column owns. */
  readonly sequences: SharedSequences
  readonly resolved: Resolved
  readonly foreignKeys: readonly ForeignKey[]
  readonly replication: Replication
  readonly roles: ReadonlyMap<string, RoleFacts>
  readonly schemas: ReadonlyMap<string, SchemaFacts>
  readonly defaultPrivileges: readonly DefaultPrivilege[]
  /** Whether changes of structure are reported or refused; null where nobody looks. */
  readonly structureWatch: string | null
  /** Every search_path that the server knows of. */
  readonly searchPaths: SearchPaths
  /** Of the roles that the plan gives the new schemas, and of the database. */
  readonly pathSettings: readonly PathSetting[]
  /** How uses of old names can be counted by this role on this server. */
  readonly wayOfCounting: WayOfCounting
}

/**
 * Reads the facts of the given tables, one query for each class of object whatever the number of tables.
 * `remembered` is what the journal knows from before the run: once switched, a sequence belongs to a view's column.
 */
export async function readFacts(
  session: Session,
  server: ServerFacts,
  plan: Plan,
  resolved: Resolved,
  remembered: Remembered = { sequences: [], rowTypeUses: [] },
): Promise<Facts> {
  const { mappings } = resolved
  const oids = mappings.map(({ relation }) => relation)
  const sources = [...new Set([...mappings, ...resolved.objects].map(({ source }) => source))]
  const relations = new Map(
    (await readRelationsByOid(session, oids)).map((relation) => [relation.oid, relation]),
  )
  const locations = await readLocations(session, mappings, markOf(plan.name))
  const columns = await readColumns(session, oids)
  const grants = await readGrants(session, oids)
  const sequences = mergeSequences(await readSequences(session, oids), remembered.sequences)
  const rowTypes = groupUses([...(await readRowTypeUses(session, oids)), ...remembered.rowTypeUses])
  const statistics = await readStatistics(session, oids)
  const lacking = new Set((await readOwnersWithout(session, oids)).map(({ relation }) => relation))
  const mentions: BodyMention[] = []
  for (const source of sources) {
    const here = mappings.filter((mapping) => mapping.source === source)
    const named = [
      ...here.map(({ relation, name }) => ({ oid: relation, name })),
      ...resolved.objects.filter((object) => object.source === source),
    ]
    mentions.push(...(await readBodyMentions(session, named)))
  }
  const tables = mappings.flatMap((mapping): TableFacts[] => {
    const live = relations.get(mapping.relation)
    const location = locations.get(mapping.relation)
    if (live === undefined || location === undefined) return []
    return [
      {
        ...mapping,
        live,
        location,
        columns: columns.get(mapping.relation) ?? [],
        grants: grants.get(mapping.relation) ?? [],
        sequences: sequences.get(mapping.relation) ?? [],
        rowTypeUses: rowTypes.get(mapping.relation) ?? [],
        statistics: statistics.get(mapping.relation) ?? [],
        mentions: mentions.filter(({ relation }) => relation === mapping.relation),
        ownerLacksRights: lacking.has(mapping.relation),
      },
    ]
  })
  const shared = await surveySequences(session, mappings)
  const roles = new Map((await readRoles(session)).map((role) => [role.name, role]))
  const searchPaths = await readSearchPaths(session)
  const settings = pathSettings(
    searchPaths,
    plan.searchPath.roles.filter((role) => roles.has(role)),
  )
  const moves = await readNamedMoves(session, { resolved, sequences: shared, tables })
  const texts = await readTexts(session, {
    moves,
    tables,
    sequences: shared,
    settings,
    searchPaths,
    roles,
    plan,
  })
  return {
    server,
    tables,
    ...(await readObjects(session, plan, resolved, mentions)),
    sequences: shared,
    ...texts,
    missing: mappings.filter(({ relation }) => !relations.has(relation)),
    resolved,
    foreignKeys: await readForeignKeys(session, oids),
    replication: await readReplication(session, oids, sources, server.major),
    roles,
    defaultPrivileges: await readDefaultPrivileges(session, [
      ...sources,
      ...new Set(mappings.map(({ target }) => target)),
    ]),
    structureWatch: await readStructureWatch(session),
    searchPaths,
    wayOfCounting: await readWayOfCounting(session),
    pathSettings: settings,
    schemas: new Map((await readSchemas(session)).map((schema) => [schema.name, schema])),
  }
}

async function readObjects(
  session: Session,
  plan: Plan,
  { objects }: Resolved,
  mentions: readonly BodyMention[],
): Promise<Pick<Facts, 'routines' | 'types' | 'missingObjects'>> {
  const routines = objects.filter((object) => object.class === 'function')
  const types = objects.filter((object) => object.class === 'type')
  const routineAt = await readRoutineLocations(session, routines, markOf(plan.name))
  const typeAt = await readTypeLocations(session, types)
  const placed = <Location>(
    of: readonly ObjectMapping[],
    at: ReadonlyMap<number, Location>,
  ): (ObjectMapping & { location: Location; mentions: BodyMention[] })[] =>
    of.flatMap((object) => {
      const location = at.get(object.oid)
      if (location === undefined) return []
      return [{ ...object, location, mentions: mentions.filter(({ relation }) => relation === object.oid) }]
    })
  return {
    routines: placed(routines, routineAt),
    types: placed(types, typeAt),
    missingObjects: objects.filter(({ oid }) => !routineAt.has(oid) && !typeAt.has(oid)),
  }
}

function mergeSequences(
  live: Map<number, ColumnSequence[]>,
  known: readonly ColumnSequence[],
): Map<number, ColumnSequence[]> {
  for (const sequence of known) {
    const group = live.get(sequence.relation) ?? []
    if (!group.some(({ oid }) => oid === sequence.oid)) live.set(sequence.relation, [...group, sequence])
  }
  return live
}

function groupUses(uses: readonly { relation: number; user: string }[]): Map<number, string[]> {
  const groups = new Map<number, string[]>()
  for (const { relation, user } of uses)
    groups.set(relation, [...new Set([...(groups.get(relation) ?? []), user])])
  return groups
}
