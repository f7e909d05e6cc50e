import type { Lookup, Named } from './known.ts'
import { outermost, type Level, type Source } from './level.ts'
import { bodyOf, isNode, list, text, untag, type Node } from '../sql/tree.ts'

/** One node of a statement with what can be known of the names in it. */
export interface Visit {
  readonly tag: string
  readonly body: Node
  readonly level: Level
  /** The node this one is in. */
  readonly within: string
  readonly lookup: Lookup
}

const manipulations = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

/** Names of what a statement makes: a table of that name is not meant. */
const made: Readonly<Record<string, string>> = { CreateStmt: 'relation', ViewStmt: 'view' }

/** Visits every node of a statement, the outer ones first, with the query level that it is in. */
export function* walk(statement: Node, lookup: Lookup): Generator<Visit> {
  yield* visit(statement, outermost, '', lookup)
}

function* visit(value: unknown, level: Level, within: string, lookup: Lookup): Generator<Visit> {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) yield* visit(item, level, within, lookup)
    return
  }
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  if (tag === 'SelectStmt' || manipulations.has(tag)) {
    yield* visitQuery(tag, body, level, within, lookup)
    return
  }
  yield { tag, body, level, within, lookup }
  for (const [key, inner] of Object.entries(body))
    if (made[tag] !== key && key !== 'into') yield* visit(inner, level, tag || within, lookup)
}

/**
 * A query sees the CTEs around it and its own; one of its CTEs sees those before it, and with RECURSIVE all of them
 * (manual, chapter 7.8). The target of INSERT, UPDATE, DELETE and MERGE is never a CTE.
 */
function* visitQuery(
  tag: string,
  body: Node,
  outer: Level,
  within: string,
  lookup: Lookup,
): Generator<Visit> {
  const clause = isNode(body['withClause']) ? body['withClause'] : {}
  const entries = list(clause['ctes']).map((entry): Node => bodyOf(entry, 'CommonTableExpr') ?? {})
  const names = entries.map((entry) => text(entry['ctename']) ?? '')
  const all = new Set([...outer.ctes, ...names])
  const seen = new Set(clause['recursive'] === true ? all : outer.ctes)
  for (const [index, entry] of entries.entries()) {
    yield* visit(entry['ctequery'], { parent: outer, ctes: new Set(seen), sources: [] }, tag, lookup)
    seen.add(names[index]!)
  }
  const isManipulation = manipulations.has(tag)
  const around = { parent: outer, ctes: all, sources: [] }
  const level = {
    ...around,
    sources: [
      ...(isManipulation ? sources(body['relation'], outermost, lookup) : []),
      ...['fromClause', 'usingClause', 'sourceRelation'].flatMap((key) => sources(body[key], around, lookup)),
    ],
  }
  yield { tag, body, level, within, lookup }
  for (const [key, inner] of Object.entries(body)) {
    if (key === 'withClause' || key === 'intoClause') continue
    const at = isManipulation && key === 'relation' ? { ...level, ctes: outermost.ctes } : level
    yield* visit(inner, at, tag, lookup)
  }
}

/** What FROM offers, with the sides of joins one by one. */
function sources(value: unknown, level: Level, lookup: Lookup): Source[] {
  if (Array.isArray(value)) return value.flatMap((item) => sources(item, level, lookup))
  if (!isNode(value)) return []
  const [tag, body] = untag(value)
  const alias = isNode(body['alias']) ? text(body['alias']['aliasname']) : undefined
  switch (tag) {
    case 'RangeVar':
      return [{ alias: alias ?? text(body['relname']) ?? '', named: namedBy(body, level, lookup) }]
    case 'RangeTableSample':
      return sources(body['relation'], level, lookup)
    case 'JoinExpr':
      return [...sources(body['larg'], level, lookup), ...sources(body['rarg'], level, lookup)]
    default:
      return [{ alias: alias ?? '', named: undefined }]
  }
}

/** The moved table that a relation of a statement is, if it is one. */
export function namedBy(value: unknown, { ctes }: Pick<Level, 'ctes'>, lookup: Lookup): Named | undefined {
  const body = bodyOf(value, 'RangeVar')
  if (body === undefined) return undefined
  const [schema, name] = [text(body['schemaname']), text(body['relname']) ?? '']
  if (schema === undefined && ctes.has(name)) return undefined
  const table = lookup.table(schema, name)
  return table && { table, isQualified: schema !== undefined }
}
