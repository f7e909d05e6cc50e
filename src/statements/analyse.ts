import { here } from './finding-tables.ts'
import type { KnownTable, Lookup, Named } from './known.ts'
import type { Parser } from '../sql/parser.ts'
import type { Trap } from './trap.ts'
import { traps } from './traps.ts'
import { partsOfDo, type Unjudged } from './parts.ts'
import { untag, type Node } from '../sql/tree.ts'
import { walk } from './walk.ts'

/** A trap that a text falls into for one table, whatever that table’s policy is. */
export interface Hit {
  readonly trap: Trap
  readonly table: KnownTable
}

export interface Analysis {
  readonly hits: readonly Hit[]
  /** The moved tables that the text names. */
  readonly names: readonly Named[]
  /** What a DO in it runs, and nobody can say beforehand. */
  readonly unjudged: readonly Unjudged[]
}

/** Parses a text and looks for traps in every statement of it. */
export async function analyse(
  parser: Parser,
  sql: string,
  lookup: Lookup,
): Promise<Analysis | { readonly unparsable: string }> {
  await parser.ready()
  const parsed = parser.parse(sql)
  if ('unparsable' in parsed) return parsed
  const found: Analysis[] = []
  try {
    for (const { tree } of parsed.statements)
      found.push(look(tree, lookup), await lookInside(parser, sql, tree, lookup))
  } catch (error) {
    // What the parser still took may be too deep for a walk.
    if (!(error instanceof Error) || error.name !== 'RangeError') throw error
    return { unparsable: 'it is nested too deeply' }
  }
  return together(found)
}

function together(found: readonly Analysis[]): Analysis {
  return {
    hits: found.flatMap(({ hits }) => hits),
    names: found.flatMap(({ names }) => names),
    unjudged: found.flatMap(({ unjudged }) => unjudged),
  }
}

/** A DO runs the statements of its body at once. */
async function lookInside(parser: Parser, sql: string, statement: Node, lookup: Lookup): Promise<Analysis> {
  const [tag, node] = untag(statement)
  const { statements, unjudged } =
    tag === 'DoStmt' ? partsOfDo(parser, sql, tag, node) : { statements: [], unjudged: [] }
  const found: Analysis[] = [{ hits: [], names: [], unjudged }]
  for (const part of statements) {
    const inner = await analyse(parser, part.sql, lookup)
    found.push(
      'unparsable' in inner
        ? { hits: [], names: [], unjudged: [{ line: part.line, reason: inner.unparsable }] }
        : inner,
    )
  }
  return together(found)
}

/** One statement; a trap is told once for each table. */
function look(statement: Node, lookup: Lookup): Analysis {
  const hits = new Map<Trap, Set<KnownTable>>()
  const names: Named[] = []
  for (const at of walk(statement, lookup)) {
    if (at.tag === 'RangeVar') names.push(...here(at))
    for (const trap of traps) {
      const found = trap.find(at)
      if (found.length === 0) continue
      const tables = hits.get(trap) ?? new Set()
      hits.set(trap, tables)
      for (const { table } of found) tables.add(table)
    }
  }
  return {
    hits: [...hits].flatMap(([trap, tables]) => [...tables].map((table) => ({ trap, table }))),
    names,
    unjudged: [],
  }
}
