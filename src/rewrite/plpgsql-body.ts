import { isName, lex } from '../sql/lexer.ts'
import { merge, namesSomething, undecided, type Context, type Outcome, type RewriteSql } from './context.ts'
import { decide, type Surroundings } from './decide.ts'
import { declaredTypes } from './declared-types.ts'
import { rewriteDynamic } from './dynamic.ts'
import { after } from './effects.ts'
import { parsedFunctions } from './parsed-functions.ts'
import { qualify, type Edit, type Mention } from './mention.ts'
import type { Moves } from './moves.ts'
import { readLiteral } from './literal.ts'
import { outward, type Piece } from './pieces.ts'
import { embedded, type Embedded } from './plpgsql.ts'
import { temporaryTables } from './temporary.ts'

/** Rewrites a body in PL/pgSQL, of which `statement` is the CREATE FUNCTION or DO. */
export function rewritePlpgsql(
  context: Context,
  statement: string,
  body: string,
  rewriteSql: RewriteSql,
): Outcome {
  const parsed = parsedFunctions(context.parser, statement, body)
  if ('unparsable' in parsed) return { edits: [], mentions: [], problem: parsed.unparsable }
  const found = parsed.functions.map((fn) => embedded(fn, body))
  const lost = found.flatMap((each) => each.lost).find((sql) => rewriteSql(context, sql).edits.length > 0)
  if (lost !== undefined)
    return { edits: [], mentions: [], problem: `an expression that was not found in the body: ${lost}` }
  const parts = found.flatMap((each) => each.embedded)
  return withRest(
    merge([typeEdits(context, body), ...rewriteParts(context, parts, rewriteSql)]),
    body,
    context.moves,
  )
}

/** All SQL was looked at: what else is spelled like something that moves is none of it. */
function withRest({ edits, mentions }: Outcome, body: string, moves: Moves): Outcome {
  const known = new Set(mentions.map(({ start }) => start))
  const rest = lex(body).filter(
    (token) => isName(token) && moves.names.has(token.value) && !known.has(token.start),
  )
  const kept = rest.map(({ value, start, end }): Mention => {
    return { kind: 'kept', name: value, start, end, reason: 'a variable or another name of PL/pgSQL' }
  })
  return { edits, mentions: [...mentions, ...kept] }
}

/** In the order in which they are written, since what a statement makes for the session hides what comes after it. */
function rewriteParts(context: Context, parts: readonly Embedded[], rewriteSql: RewriteSql): Outcome[] {
  const place = (part: Embedded): number => part.outer(part.sql.length) ?? 0
  // What runs a function is a transaction, in which SET LOCAL holds.
  let around: Surroundings = { began: { around: context.around, isLocal: false }, ...context.around }
  return parts
    .toSorted((a, b) => place(a) - place(b))
    .map((part) => {
      const found = rewritePart({ ...context, around }, part, rewriteSql)
      around = afterPart(context, part, around)
      return found
    })
}

function afterPart({ parser }: Context, { sql, isDynamic }: Embedded, around: Surroundings): Surroundings {
  if (!/temp|search_path/i.test(sql)) return around
  if (isDynamic) return { ...around, temporary: new Set([...around.temporary, ...temporaryTables(sql)]) }
  const parsed = parser.parse(sql)
  if ('unparsable' in parsed) return around
  return parsed.statements.reduce((now, { tree }) => after(tree, now, now), around)
}

function rewritePart(context: Context, part: Embedded, rewriteSql: RewriteSql): Outcome {
  const piece: Piece = { text: part.sql, outer: (index) => part.outer(index), encode: (it) => it }
  const found = part.isDynamic
    ? rewriteDynamic(context, part.sql, rewriteSql)
    : ((part.mayRun ? rewriteAssigned(context, part.sql, rewriteSql) : undefined) ??
      rewriteSql(context, part.sql))
  const moved = found.problem === undefined ? outward([piece], found.edits, found.mentions) : undefined
  if (moved !== undefined) return moved
  // What says nothing of what moves need not be told.
  if (!namesSomething(part.sql, context.moves)) return { edits: [], mentions: [] }
  const start = lex(part.sql).find((token) => part.outer(token.start) !== undefined)?.start ?? 0
  const place = { start: part.outer(start) ?? 0, end: part.outer(part.sql.length) ?? 0 }
  return undecided(place, found.problem ?? 'a place in it could not be found')
}

/** A whole statement that a variable is given for EXECUTE; undefined for a part of one, or anything else. */
function rewriteAssigned(context: Context, sql: string, rewriteSql: RewriteSql): Outcome | undefined {
  if (!namesInStrings(sql, context.moves)) return undefined
  const found = rewriteDynamic(context, sql, rewriteSql)
  return found.mentions.some(({ kind }) => kind === 'undecided') || found.mentions.length === 0
    ? undefined
    : found
}

function namesInStrings(sql: string, moves: Moves): boolean {
  return lex(sql).some(
    (token) => token.kind === 'string' && namesSomething(readLiteral(sql, token)?.inner ?? '', moves),
  )
}

/** `users%rowtype` is no type to the SQL grammar. */
function typeEdits({ moves, around }: Context, body: string): Outcome {
  const edits: Edit[] = []
  const mentions: Mention[] = []
  for (const { words: tokens, isColumn } of declaredTypes(body)) {
    const of = isColumn ? tokens.slice(0, -1) : tokens
    const name = of.at(-1)
    if (name === undefined) continue
    const site = {
      class: 'relation',
      words: of.map(({ value }) => value),
      hidden: new Set<string>(),
      at: { search: [] },
    } as const
    const decision = decide(site, moves, around)
    const place = { name: name.value, start: name.start, end: name.end }
    if (decision.kind === 'undecided') mentions.push({ kind: 'undecided', ...place, reason: decision.reason })
    if (decision.kind !== 'rewrite') continue
    edits.push(qualify(name, of.at(-2), decision.target))
    mentions.push({ kind: 'rewritten', ...place, reason: '' })
  }
  return { edits, mentions }
}
