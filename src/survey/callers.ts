import { readNamesakes, readTriggerSchemas, type Namesake } from '../catalog/bodies.ts'
import { pathInForce, type SearchPaths } from '../catalog/search-paths.ts'
import { qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { callersDecide, type Surroundings } from '../rewrite/decide.ts'
import type { NamedMove } from './named-moves.ts'
import { nameKey } from './body-units.ts'
import { pathOfRole, splitPath } from './search-path.ts'

/** What may be meant by a name without a schema, in functions that find it by the search_path of their callers. */
export interface Callers {
  /** The path of a session for which no role sets another. */
  readonly shared: readonly string[]
  /** Others that are set for roles. */
  readonly paths: NonNullable<Surroundings['callers']>
  readonly exists: (schema: string, name: string) => boolean
  /** What may be meant by a function beside what moves. */
  rivalOf(oid: number): NonNullable<Surroundings['rival']>
  /** All that it was made from, to tell whether it is still the same. */
  readonly key: string
}

export async function readCallers(
  session: Session,
  sources: {
    readonly moves: readonly NamedMove[]
    readonly relations: readonly number[]
    readonly searchPaths: SearchPaths
    readonly roles: { has(role: string): boolean }
  },
): Promise<Callers> {
  const namesakes = await readNamesakes(session, sources.moves)
  const triggers = new Map(
    (await readTriggerSchemas(session, sources.relations)).map(({ oid, tables }) => [oid, tables]),
  )
  const known = new Map(namesakes.map((each) => [nameKey(each), each]))
  const strangers = rivals(namesakes, sources.moves)
  const shared = splitPath(pathInForce(sources.searchPaths, null))
  const paths = pathsOfRoles(
    sources.searchPaths,
    shared,
    strangers.map(({ schema }) => schema).filter((schema) => sources.roles.has(schema)),
  )
  return {
    ...{ shared, paths },
    exists: (schema, name) => known.has(nameKey({ schema, name })),
    rivalOf: (oid) => (move) => {
      const its = strangers.filter(
        ({ name, schema }) => name === move.name && schema !== move.schema && schema !== move.target,
      )
      for (const stranger of its) {
        const table = triggers.get(oid)?.find(({ schema }) => schema === stranger.schema)
        if (table !== undefined)
          return `${callersDecide}rows of ${qualified(table)} make it run as well, for which ${qualified(stranger)} may be meant`
      }
      const copy = its.find(({ isCopy }) => isCopy)
      return (
        copy &&
        `${callersDecide}${qualified(copy)} has the same columns, and may be the one on their search_path`
      )
    },
    key: JSON.stringify([namesakes, shared, paths, [...triggers]]),
  }
}

/** Namesakes that are neither what moves nor what it becomes. */
function rivals(namesakes: readonly Namesake[], moves: readonly NamedMove[]): Namesake[] {
  const own = new Set(
    moves.flatMap(({ schema, target, name }) => [
      nameKey({ schema, name }),
      nameKey({ schema: target, name }),
    ]),
  )
  return namesakes.filter((each) => !own.has(nameKey(each)))
}

/** Of those for whom a path is set, and of roles that "$user" leads to a schema with such a name. */
function pathsOfRoles(
  paths: SearchPaths,
  shared: readonly string[],
  named: readonly string[],
): { whose: string; path: string[] }[] {
  const set = paths.settings.flatMap(({ role }) => role ?? [])
  const roles = [...new Set([...set, ...named])].sort()
  const found = new Map<string, { whose: string; path: string[] }>()
  for (const role of roles) {
    const path = pathOfRole(splitPath(pathInForce(paths, role)), role)
    const text = JSON.stringify(path)
    if (text !== JSON.stringify(shared) && !found.has(text)) found.set(text, { whose: `role ${role}`, path })
  }
  return [...found.values()]
}
