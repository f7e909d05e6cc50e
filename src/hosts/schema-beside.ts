/** The schema of a table as a program gives it beside the name, and where. */
export interface WrittenSchema {
  readonly value: string
  readonly start: number
  readonly end: number
}

/**
 * `schema="public"`, `Schema = "public"`, `schemaName: 'public'`, `"schema": "public"`, `withSchema('public')`, and the second argument of
 * `ToTable("users", "public")`.
 */
const written =
  /(?:\b(?:schema|schema_name|schemaName|Schema|SchemaName|schema_prefix|prefix)["'`]?\s*(?:=>|=|:)\s*|\b(?:withSchema|inSchema|pgSchema|schema)\(\s*|\bTo(?:Table|View)\(\s*"[^"]*"\s*,\s*|@schema_prefix\s+)(["'`])(?<value>[\w$]+)\1/dg

/** Longer ones are not what stands beside a name. */
const farthest = 4_000

/** Undefined where there is none, or more than one. */
export function schemaBeside(source: string, start: number, end: number): WrittenSchema | undefined {
  const found = [...source.slice(start, Math.min(end, start + farthest)).matchAll(written)]
  const [first] = found
  if (first === undefined || found.some(({ groups }) => groups!['value'] !== first.groups!['value']))
    return undefined
  const [from, to] = first.indices!.groups!['value']!
  return { value: first.groups!['value']!, start: start + from, end: start + to }
}
