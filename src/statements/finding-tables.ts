import type { KnownTable, Named } from './known.ts'
import { outermost } from './level.ts'
import { list, words } from '../sql/tree.ts'
import { namedBy, type Visit } from './walk.ts'

/** The moved table that a relation written in a statement other than a query is; there are no CTEs there. */
export function one({ lookup }: Visit, relation: unknown): readonly Named[] {
  return listed(namedBy(relation, outermost, lookup))
}

/** The moved table that this node itself names. */
export function here({ body, level, lookup }: Visit): readonly Named[] {
  return listed(namedBy(body, level, lookup))
}

export function each(at: Visit, relations: unknown): readonly Named[] {
  return list(relations).flatMap((relation) => one(at, relation))
}

/** The same for a name written as a list of words, as DROP and COMMENT have it; what follows the table's is left out. */
export function byWords({ lookup }: Visit, value: unknown, following = 0): readonly Named[] {
  const name = words(value)
  const [relation, schema] = [name.at(-1 - following), name.at(-2 - following)]
  return owner(lookup.table, schema, relation)
}

/** The same for any object of a table, found by a name that may have a schema. */
export function owner(
  find: (schema: string | undefined, name: string) => KnownTable | undefined,
  schema: string | undefined,
  name: string | undefined,
): readonly Named[] {
  const table = name === undefined ? undefined : find(schema, name)
  return table === undefined ? [] : [{ table, isQualified: schema !== undefined }]
}

export function listed<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}
