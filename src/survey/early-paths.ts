import { levelsOf, type PathLevel, type SearchPaths } from '../catalog/search-paths.ts'
import type { RoleAccess } from '../catalog/path-roles.ts'
import { pathOfRole, splitPath } from './search-path.ts'

/** What a path finds first once a schema is there, and what it found before. */
export interface Reach {
  readonly target: string
  /** Schemas behind it that names without a schema, and what is created without one, went to before. */
  readonly behind: readonly string[]
  /** Whether the schema takes the place of the first one that there was, so that what is created goes there. */
  readonly isFirst: boolean
}

/** What decides where the names of a path lead for a role. */
export interface Ground {
  /** The schemas that expand fills with names, and where these come from. */
  readonly sources: ReadonlyMap<string, ReadonlySet<string>>
  /** Schema → what is in it that gets its other name in a target. */
  readonly holds: (schema: string, target: string) => boolean
  /** May the role use the schema, today and then? */
  readonly access: (role: string, schema: string) => Pick<RoleAccess, 'has' | 'willHave'>
}

const implicit = new Set(['pg_catalog', 'pg_temp', 'information_schema'])

/**
 * The targets that a path reaches before a schema it has found names in until now. One that the role could use before is
 * known to it: there only the new names make a difference.
 */
export function earlyReach(path: readonly string[], role: string, ground: Ground): Reach[] {
  const seen = [...new Set(pathOfRole(path, role))].filter((schema) => !implicit.has(schema))
  return seen.flatMap((target, index): Reach[] => {
    const before = seen.slice(0, index).filter((schema) => ground.access(role, schema).has)
    const sources = ground.sources.get(target)
    if (sources === undefined || [...sources].every((source) => before.includes(source))) return []
    const { has, willHave } = ground.access(role, target)
    if (!willHave) return []
    const later = seen
      .slice(index + 1)
      .filter((schema) => schema !== target && ground.access(role, schema).has)
    const behind = has ? later.filter((schema) => ground.holds(schema, target)) : later
    const isFirst = !has && before.length === 0
    const matters = isFirst || behind.some((schema) => ground.holds(schema, target))
    return behind.length === 0 || !matters ? [] : [{ target, behind, isFirst }]
  })
}

/** A path that is set somewhere, and what it reaches early for a role, or for one that this becomes. */
export interface EarlyPath {
  readonly at: PathLevel
  readonly path: string
  readonly role: string
  /** The role of the name of the target; undefined where the path itself names it. */
  readonly user?: string
  readonly reach: Reach
  /** Whether new sessions have it; the others are those that began before another was set. */
  readonly isInForce: boolean
}

/** What the paths of a role reach early: the one in force, and those that it had if that one was set lately. */
export function earlyPathsOf(
  paths: SearchPaths,
  { role, becomes }: { readonly role: string; readonly becomes: readonly string[] },
  ground: Ground,
): EarlyPath[] {
  return levelsOf(paths, role).flatMap(({ at, path }, index) => {
    const names = splitPath(path)
    const found = new Map<string, EarlyPath>()
    for (const user of [role, ...becomes]) {
      for (const reach of earlyReach(names, user, ground)) {
        const isNamed = names.includes(reach.target)
        const known = found.get(reach.target)
        if (known === undefined)
          found.set(reach.target, {
            at,
            path,
            role,
            reach,
            isInForce: index === 0,
            ...(isNamed ? {} : { user }),
          })
      }
    }
    return [...found.values()]
  })
}
