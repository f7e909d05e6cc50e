import type { Moves } from './moves.ts'
import type { Site } from './site.ts'
import { builtInTypes } from './built-in-types.ts'

/** What names without a schema mean where a text is run. */
export interface Surroundings {
  /** The schemas they are looked up in, in order, without pg_catalog. */
  readonly path: readonly string[]
  /** Temporary relations, which are found first. */
  readonly temporary: ReadonlySet<string>
  /** Relations of other schemas on the path that do not move, as `schema` → names. */
  readonly others?: (schema: string, name: string) => boolean
  /** Whether names without a schema stay as they are, because a search_path finds the new schemas. */
  readonly keepsUnqualified: boolean
  /** Functions whose arguments are SQL that they run, or all of them. */
  readonly runsSql?: ReadonlySet<string> | 'all'
}

export type Decision =
  | { readonly kind: 'rewrite'; readonly target: string }
  /** Of something that moves, and right as it is. */
  | { readonly kind: 'keep'; readonly reason: string }
  /** Not of anything that moves. */
  | { readonly kind: 'other' }

/** What is to be done with a name at a place. */
export function decide(site: Site, moves: Moves, around: Surroundings): Decision {
  const name = site.words.at(-1)!
  const schema = site.words.at(-2)
  if (schema !== undefined) {
    const move = moves.find(site.class, schema, name)
    return move === undefined ? { kind: 'other' } : { kind: 'rewrite', target: move.target }
  }
  if (!moves.names.has(name)) return { kind: 'other' }
  if (site.hidden.has(name)) return { kind: 'keep', reason: 'a common table expression' }
  if (site.class !== 'routine' && around.temporary.has(name))
    return { kind: 'keep', reason: 'a temporary table' }
  if (site.class === 'type' && builtInTypes.has(name)) return { kind: 'keep', reason: 'a type of PostgreSQL' }
  for (const at of around.path) {
    const move = moves.find(site.class, at, name)
    if (move !== undefined) {
      return around.keepsUnqualified
        ? { kind: 'keep', reason: 'found by search_path' }
        : { kind: 'rewrite', target: move.target }
    }
    if (around.others?.(at, name) === true) break
  }
  return { kind: 'keep', reason: 'another of that name, or none, on the search_path' }
}
