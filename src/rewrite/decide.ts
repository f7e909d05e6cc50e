import type { Move, Moves, NameClass } from './moves.ts'
import type { Site } from './site.ts'
import { builtInTypes } from './built-in-types.ts'

/** What names without a schema mean where a text is run. */
export interface Surroundings {
  /** The schemas they are looked up in, in order, without pg_catalog. */
  readonly path: readonly string[]
  /** Temporary relations, which are found first. */
  readonly temporary: ReadonlySet<string>
  /** Relations that the text itself has made in other schemas, as `schema\0name`. */
  readonly made?: ReadonlySet<string>
  /** Whether a schema of the path has a relation of that name that does not move. */
  readonly others?: (schema: string, name: string) => boolean
  /** Other paths that the text may be run with, and whose they are. */
  readonly callers?: readonly { readonly whose: string; readonly path: readonly string[] }[]
  /** Why something else may be meant than what moves, for all that is known of the paths. */
  readonly rival?: (move: Move) => string | undefined
  /** Whether names without a schema stay as they are, because a search_path finds the new schemas. */
  readonly keepsUnqualified: boolean
  /** Whether the path was set by the text itself, so that it is not the one that finds the new schemas. */
  readonly isPathWritten?: boolean
  /** Temporary relations that go when the transaction ends (ON COMMIT DROP). */
  readonly untilCommit?: ReadonlySet<string>
  /** What held at the savepoints of the transaction, the latest last. */
  readonly savepoints?: readonly { readonly name: string; readonly around: Surroundings }[]
  /** Whether strings that are stored or given back are values, since nothing around runs SQL that it makes. */
  readonly storesLabels?: boolean
  /** Whether a function of that name makes no names and no SQL of what it is given. */
  readonly takesLabels?: (routine: string) => boolean
  /** Functions whose arguments are SQL that they run, or all of them. */
  readonly runsSql?: ReadonlySet<string> | 'all'
  /** The transition tables that triggers give a function of this name (manual, CREATE TRIGGER). */
  readonly transitions?: (routine: string) => ReadonlySet<string>
  /** Of functions that are given names as regclass and its kin: what each argument names. */
  readonly takesNames?: ReadonlyMap<string, readonly (NameClass | undefined)[]>
  /** What held when the transaction began that the text is in, and whether a SET LOCAL ends with it. */
  readonly began?: { readonly around: Surroundings; readonly isLocal: boolean } | undefined
}

/** What names mean in a new session. */
export function surroundings(
  path: readonly string[],
  more: Partial<Omit<Surroundings, 'path'>> = {},
): Surroundings {
  return { path, temporary: new Set(), keepsUnqualified: false, ...more }
}

export type Decision =
  | { readonly kind: 'rewrite'; readonly target: string }
  /** Of something that moves, and right as it is. */
  | { readonly kind: 'keep'; readonly reason: string }
  /** Who runs it decides. */
  | { readonly kind: 'undecided'; readonly reason: string }
  /** Not of anything that moves. */
  | { readonly kind: 'other' }

/** How the reason begins where those who run a text decide what it means. */
export const callersDecide = 'its callers decide: '

/** Why a name stays that means something that moves. */
export const foundByPath = 'found by search_path'

/** What is to be done with a name at a place. */
export function decide(site: Site, moves: Moves, around: Surroundings): Decision {
  const name = site.words.at(-1)!
  const schema = site.words.at(-2)
  if (schema !== undefined) {
    const move = find(site, moves, schema)
    return move === undefined ? { kind: 'other' } : { kind: 'rewrite', target: move.target }
  }
  if (!moves.names.has(name)) return { kind: 'other' }
  if (site.hidden.has(name)) return { kind: 'keep', reason: 'a common table expression' }
  const isTemporary = site.class !== 'routine' && around.temporary.has(name)
  const temporary: Decision = { kind: 'keep', reason: 'a temporary or transition table' }
  // First of all schemas, unless the path puts it elsewhere (manual, search_path).
  if (isTemporary && !around.path.includes('pg_temp')) return temporary
  if (site.class === 'type' && builtInTypes.has(name)) return { kind: 'keep', reason: 'a type of PostgreSQL' }
  // What is made is made in the first schema of the path; what is named is looked for in all.
  const path = site.isMade === true ? around.path.slice(0, 1) : around.path
  // PostgreSQL's own schema comes first without being named.
  if (around.made?.has(`pg_catalog\0${name}`) === true && site.isMade !== true)
    return { kind: 'keep', reason: 'a relation of pg_catalog' }
  const found = lookup(site, path, moves, around, isTemporary)
  if (found === 'temporary') return temporary
  const callers = site.isMade === true || around.isPathWritten === true ? [] : (around.callers ?? [])
  const theirs = callers.flatMap(({ whose, path: its }) => {
    const meant = lookup(site, its, moves, around, isTemporary)
    return meant === undefined || meant === 'temporary' ? [] : [{ whose, meant }]
  })
  const meant = found ?? theirs[0]?.meant
  const other = theirs.find((their) => their.meant !== meant)
  if (other !== undefined)
    return {
      kind: 'undecided',
      reason: `${callersDecide}the search_path of ${other.whose} finds another`,
    }
  if (meant === undefined || meant === 'another')
    return { kind: 'keep', reason: 'another of that name, or none, on the search_path' }
  const rival = around.isPathWritten === true ? undefined : around.rival?.(meant)
  if (rival !== undefined) return { kind: 'undecided', reason: rival }
  const isFound = around.isPathWritten !== true || around.path.includes(meant.target)
  return around.keepsUnqualified && isFound
    ? { kind: 'keep', reason: foundByPath }
    : { kind: 'rewrite', target: meant.target }
}

/** What a path finds first: something that moves, by its old name or the new one, or another. */
function lookup(
  site: Site,
  path: readonly string[],
  moves: Moves,
  around: Surroundings,
  isTemporary: boolean,
): Move | 'temporary' | 'another' | undefined {
  const name = site.words.at(-1)!
  for (const at of path) {
    if (isTemporary && at === 'pg_temp') return 'temporary'
    const move = find(site, moves, at)
    if (move !== undefined) return move
    const isOther = around.others?.(at, name) === true
    if (isOther || around.made?.has(`${at}\0${name}`) === true)
      return (isOther ? moves.gone(site.class, at, name) : undefined) ?? 'another'
  }
  return undefined
}

function find(site: Site, moves: Moves, schema: string): Move | undefined {
  const name = site.words.at(-1)!
  const found = moves.find(site.class, schema, name)
  return found ?? (site.isComposite === true ? moves.find('type', schema, name) : undefined)
}
