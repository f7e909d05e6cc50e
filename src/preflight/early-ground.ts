import {
  readAccess,
  readPathRoutines,
  readSessionRoles,
  readTableUsers,
  type OpenedSchema,
  type PathRoutine,
  type SessionRole,
} from '../catalog/path-roles.ts'
import { isMarked } from '../catalog/names.ts'
import { readRecordedStatements, type Recorded } from '../catalog/recorded-statements.ts'
import { levelsOf, readNamesakes } from '../catalog/search-paths.ts'
import type { Plan } from '../plan/plan.ts'
import { earlyPathsOf, type EarlyPath, type Ground } from '../survey/early-paths.ts'
import type { Facts } from '../survey/facts.ts'
import { pathOfRole, splitPath } from '../survey/search-path.ts'
import { stepContext } from '../steps/context.ts'
import { schemaStep } from '../steps/names.ts'
import { schemaUsers } from '../steps/prepare-schema.ts'
import type { PreflightContext } from './rule.ts'

/** What is known of the paths that reach the new schemas before the old ones. */
export interface EarlyNames {
  readonly ground: Ground
  readonly roles: readonly SessionRole[]
  readonly paths: readonly EarlyPath[]
  /** Functions with a search_path of their own, or that set one. */
  readonly routines: readonly PathRoutine[]
  /** Who may call them, at the least. */
  readonly callers: readonly string[]
  /** Statements that set one, as far as they were recorded. */
  readonly recorded: Recorded
  /** Target → the roles that have rights on what gets a name there. */
  readonly users: ReadonlyMap<string, ReadonlySet<string>>
}

const known = new WeakMap<Facts, Promise<EarlyNames | undefined>>()

/** Several rules ask, of one survey: it is read once. Nothing when every new schema has been let in already. */
export function earlyNamesOf(context: PreflightContext): Promise<EarlyNames | undefined> {
  const found = known.get(context.facts) ?? readEarlyNames(context)
  known.set(context.facts, found)
  return found
}

async function readEarlyNames(context: PreflightContext): Promise<EarlyNames | undefined> {
  const { session, facts } = context
  const opened = openedSchemas(context)
  if (opened.length === 0) return undefined
  const targets = opened.map(({ schema }) => schema)
  const roles = (await readSessionRoles(session, targets)).filter((role) =>
    mayReach(facts, role, new Set(targets)),
  )
  const routines = await readPathRoutines(session, targets)
  const recorded = await readRecordedStatements(session, String.raw`\m(search_path|set_config)\M`)
  const callers = [...new Set([...context.tables.map(({ live }) => live.owner), ...targets])]
  const everyone = [
    ...roles.flatMap(({ role, becomes }) => [role, ...becomes]),
    ...routines.map(({ owner }) => owner),
    ...('missing' in recorded ? [] : recorded.statements.map(({ role }) => role)),
    ...callers,
  ]
  const ground = await readGround(context, [...new Set(everyone)], opened)
  const users = new Map<string, ReadonlySet<string>>()
  for (const { schema, relations } of opened)
    users.set(schema, await readTableUsers(session, [...new Set(everyone)], relations))
  return {
    ...{ ground, roles, routines, callers, recorded, users },
    paths: roles.flatMap((role) => earlyPathsOf(facts.searchPaths, role, ground)),
  }
}

/** Most roles have no path with a new schema in it. */
function mayReach(
  { searchPaths }: Facts,
  { role, becomes }: SessionRole,
  targets: ReadonlySet<string>,
): boolean {
  return levelsOf(searchPaths, role).some(({ path }) =>
    [role, ...becomes].some((user) =>
      pathOfRole(splitPath(path), user).some((schema) => targets.has(schema)),
    ),
  )
}

/** The schemas that expand is about to make or to let clients into, with who will be let in. */
function openedSchemas({ plan, facts, tables, routines, types, begun }: PreflightContext): OpenedSchema[] {
  const context = stepContext(plan, facts)
  return [...new Set(plan.services.map(({ schema }) => schema))]
    .filter(
      (schema) =>
        !begun.has(schemaStep(schema)) && !isMarked(facts.schemas.get(schema)?.comment ?? null, plan.name),
    )
    .map((schema) => {
      const relations = tables.filter(({ target }) => target === schema).map(({ relation }) => relation)
      const of = (objects: readonly { target: string; oid: number }[]): number[] =>
        objects.filter(({ target }) => target === schema).map(({ oid }) => oid)
      const roles = rolesOf(plan, schema).filter((role) => facts.roles.has(role))
      const users = schemaUsers({ relations, routines: of(routines), types: of(types), roles }, context)
      return { schema, relations, users }
    })
}

function rolesOf({ services }: Plan, schema: string): string[] {
  return services.flatMap((service) => (service.schema === schema ? service.roles : []))
}

async function readGround(
  { session, facts, tables, routines }: PreflightContext,
  roles: readonly string[],
  opened: readonly OpenedSchema[],
): Promise<Ground> {
  const targets = new Set(opened.map(({ schema }) => schema))
  const schemas = [...new Set([...targets, ...facts.schemas.keys()])]
  const access = new Map(
    (await readAccess(session, roles, schemas, opened)).map((each) => [`${each.role}\0${each.schema}`, each]),
  )
  const moves = [...tables, ...routines]
  const namesakes = await readNamesakes(
    session,
    tables.map(({ name }) => name),
  )
  const held = new Set(
    moves.flatMap(({ name, source, target }) =>
      [source, ...(namesakes.get(name) ?? [])].map((schema) => `${schema}\0${target}`),
    ),
  )
  return {
    sources: new Map(
      [...targets].map((schema) => [
        schema,
        new Set(moves.filter(({ target }) => target === schema).map(({ source }) => source)),
      ]),
    ),
    holds: (schema, target) => held.has(`${schema}\0${target}`),
    access: (role, schema) => access.get(`${role}\0${schema}`) ?? { has: false, willHave: false },
  }
}
