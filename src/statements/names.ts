import type { KnownTable, Lookup } from './known.ts'

/** Relations of one name by schema: what a search_path finds first hides the others. */
export type Namesakes = ReadonlyMap<string, ReadonlySet<string>>

/** The words of a name or list of names as PostgreSQL reads them: unquoted ones in lower case (ASCII letters only). */
export function parseName(written: string): string[] {
  return [...written.matchAll(/"((?:[^"]|"")*)"|[^".,\s]+/g)].map(([word, quoted]) =>
    quoted === undefined
      ? word.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
      : quoted.replaceAll('""', '"'),
  )
}

/** The schemas of a search_path setting for a role. */
export function pathOf(setting: string, role: string): string[] {
  return parseName(setting).map((schema) => (schema === '$user' ? role : schema))
}

/**
 * Looks names up as a role with that search_path would. A name without a schema means the first relation on the path;
 * the moved tables are known by their old names, so another relation before them hides them.
 */
export function lookupFor(
  tables: readonly KnownTable[],
  path: readonly string[],
  namesakes: Namesakes,
): Lookup {
  const byName = keyed(tables, ({ schema, name }) => [{ schema, name }])
  const bySequence = keyed(tables, ({ identitySequences }) => identitySequences)
  const byConstraint = keyed(tables, ({ schema, deferrable }) => deferrable.map((name) => ({ schema, name })))
  const byIndex = keyed(tables, ({ schema, indexes }) => indexes.map((name) => ({ schema, name })))
  const find =
    (index: ReadonlyMap<string, KnownTable>) =>
    (schema: string | undefined, name: string): KnownTable | undefined => {
      if (schema !== undefined) return index.get(key(schema, name))
      const first = path.find((at) => index.has(key(at, name)) || namesakes.get(name)?.has(at) === true)
      return first === undefined ? undefined : index.get(key(first, name))
    }
  return {
    table: find(byName),
    sequence: find(bySequence),
    constraint: find(byConstraint),
    index: find(byIndex),
  }
}

function keyed(
  tables: readonly KnownTable[],
  names: (table: KnownTable) => readonly { readonly schema: string; readonly name: string }[],
): Map<string, KnownTable> {
  return new Map(
    tables.flatMap((table) => names(table).map(({ schema, name }) => [key(schema, name), table] as const)),
  )
}

function key(schema: string, name: string): string {
  return `${schema}\0${name}`
}
