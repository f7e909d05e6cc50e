import { isMark, isWord, lex, type Token } from '../sql/lexer.ts'
import {
  merge,
  namesSomething,
  shifted,
  overlaps,
  undecided,
  type Context,
  type Hole,
  type Outcome,
  type RewriteSql,
} from './context.ts'
import type { Mention } from './mention.ts'
import { hole, outward, pieceOf, type Piece } from './pieces.ts'

/**
 * Rewrites the strings of an expression whose value is run as SQL, as EXECUTE does: one string, strings joined by ||, or
 * format() of one. What is put in at run time is a hole. `expression` begins with SELECT.
 */
export function rewriteDynamic(context: Context, expression: string, rewriteSql: RewriteSql): Outcome {
  const tokens = lex(expression).slice(1)
  if (!tokens.some(({ kind }) => kind === 'string'))
    return undecided(span(tokens), 'SQL that is made elsewhere')
  for (const mask of masks) {
    const template = templateOf(expression, tokens, mask)
    if (template === undefined) break
    const sql = template.pieces.map(({ text }) => text).join('')
    const found = rewriteSql({ ...context, holes: template.holes }, sql)
    if (found.problem !== undefined) continue
    const moved = outward(template.pieces, found.edits, found.mentions)
    if (moved === undefined) continue
    const rest = besides(context, expression, tokens, template.tokens, rewriteSql)
    // What is told of a place in a hole is told of the whole.
    const inHoles = found.mentions
      .filter(({ kind, start, end }) => kind === 'undecided' && overlaps(template.holes, { start, end }))
      .map((mention): Mention => ({ ...mention, ...span(tokens) }))
    const others = moved.mentions.filter(({ reason }) => !inHoles.some((each) => each.reason === reason))
    return { edits: [...moved.edits, ...rest.edits], mentions: [...others, ...rest.mentions, ...inHoles] }
  }
  const rest = besides(context, expression, tokens, [], rewriteSql)
  return {
    edits: rest.edits,
    mentions: [...rest.mentions, ...undecided(span(tokens), 'SQL that is put together at run time').mentions],
  }
}

/** What holes may be: a name, a number, a string, nothing, a column of a new table, more of a condition or of a list. */
const masks = ['migrate_hole', '1', `'q'`, '', 'migrate_hole int', ' and true', ', 1']

/** The text that an expression makes, and where it is known only at run time. */
interface Template {
  readonly pieces: readonly Piece[]
  readonly tokens: readonly Token[]
  readonly holes: readonly Hole[]
}

/** Undefined where a string has a form that nothing is put into. */
function templateOf(expression: string, tokens: readonly Token[], mask: string): Template | undefined {
  const parts = operands(tokens).map((operand) => partOf(expression, operand, mask))
  const pieces: Piece[] = []
  const holes: Hole[] = []
  let at = 0
  for (const { piece, holes: own } of parts) {
    if (piece === undefined) return undefined
    holes.push(...own.map(({ start, end }) => ({ start: at + start, end: at + end })))
    pieces.push(piece)
    at += piece.text.length
  }
  return { pieces, tokens: parts.flatMap(({ token }) => token ?? []), holes }
}

/** What one operand of a concatenation gives; undefined for a string that nothing is put into. */
interface Part {
  readonly token?: Token
  readonly piece: Piece | undefined
  readonly holes: readonly Hole[]
}

/** A string, format() of one, or a hole. */
function partOf(expression: string, operand: readonly Token[], mask: string): Part {
  const [first, bracket, template] = operand
  if (first?.kind === 'string' && operand.length === 1)
    return { token: first, piece: pieceOf(expression, first), holes: [] }
  // What is quoted as a string is one, and none of a name.
  if (isQuoted(operand)) return { piece: hole(`'q'`), holes: [] }
  const isFormat = isWord(first, 'format') && isMark(bracket, '(') && isMark(operand.at(-1), ')')
  if (!isFormat || template?.kind !== 'string' || operand[3]?.kind === 'string')
    return { piece: hole(mask), holes: [{ start: 0, end: mask.length }] }
  const holes: Hole[] = []
  const piece = pieceOf(expression, template, (inner) => maskFormat(inner, mask, holes))
  const encode = (it: string): string => piece!.encode(it.replaceAll('%', '%%'))
  return { token: template, piece: piece && { ...piece, encode }, holes }
}

/** `quote_literal(…)`, or coalesce() of it and a constant. */
function isQuoted(operand: readonly Token[]): boolean {
  const [first, bracket, ...rest] = operand
  if (!isMark(bracket, '(') || !isMark(operand.at(-1), ')')) return false
  if (isWord(first, 'coalesce'))
    return isQuoted(
      rest.slice(
        0,
        rest.findLastIndex((token) => isMark(token, ',')),
      ),
    )
  return isWord(first, 'quote_literal') || isWord(first, 'quote_nullable')
}

/** The operands of a concatenation, or the one operand of none. */
function operands(tokens: readonly Token[]): Token[][] {
  const all: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (isMark(token, '(') || isMark(token, '[')) depth += 1
    if (isMark(token, ')') || isMark(token, ']')) depth -= 1
    if (depth === 0 && isMark(token, '||')) all.push([])
    else all.at(-1)!.push(token)
  }
  return all
}

/** `%I`, `%L` and `%s` become something as long that parses; `%%` is a per cent sign (manual, chapter 9.4.1). */
function maskFormat(inner: string, mask: string, holes: Hole[]): string {
  return inner.replaceAll(
    /%(?:\d+\$)?-?(?:\d+|\*)?([ILs%])/g,
    (all: string, kind: string, at: number): string => {
      if (kind === '%') return all === '%%' ? ' %' : all
      if (kind !== 'L') holes.push({ start: at, end: at + all.length })
      if (kind === 'L') return `'${'q'.repeat(all.length - 2)}'`
      return (kind === 's' && mask[0] === '1' ? '1' : 'q').repeat(all.length)
    },
  )
}

/** Strings with a name that moves which are no part of that SQL: those that are made a regclass are names all the same. */
function besides(
  context: Context,
  expression: string,
  tokens: readonly Token[],
  read: readonly Token[],
  rewriteSql: RewriteSql,
): Outcome {
  const unread = tokens
    .filter((token) => token.kind === 'string' && !read.includes(token))
    .filter((token) => namesSomething(pieceOf(expression, token)?.text ?? '', context.moves))
  if (unread.length === 0) return { edits: [], mentions: [] }
  const plain = rewriteSql({ ...context, holes: [] }, expression)
  return merge(
    unread.map((token) => {
      const isIn = ({ start, end }: Hole): boolean => token.start <= start && end <= token.end
      const decided = plain.mentions.filter((mention) => isIn(mention) && mention.kind !== 'undecided')
      return decided.length === 0
        ? undecided(token, 'a string of SQL that is put together')
        : { edits: plain.edits.filter(isIn), mentions: decided }
    }),
  )
}

function span(tokens: readonly Token[]): { start: number; end: number } {
  return { start: tokens[0]?.start ?? 0, end: tokens.at(-1)?.end ?? 0 }
}

/**
 * Rewrites the strings of a SELECT whose values psql sends as statements, for `\gexec`.
 */
export function rewriteExecuted(context: Context, sql: string, rewriteSql: RewriteSql): Outcome {
  const tokens = lex(sql)
  if (!isWord(tokens[0], 'select')) return undecided(span(tokens), 'SQL that \\gexec runs')
  const outcomes: Outcome[] = []
  let [depth, from] = [0, 1]
  const end = (to: number): void => {
    const [first, last] = [tokens[from], tokens[to - 1]]
    from = to + 1
    if (first === undefined || last === undefined) return
    const shift = first.start - head.length
    const found = rewriteDynamic(context, head + sql.slice(first.start, last.end), rewriteSql)
    outcomes.push(shifted(found, shift))
  }
  let at = 1
  for (; at < tokens.length; at++) {
    const token = tokens[at]
    if (isMark(token, '(') || isMark(token, '[')) depth += 1
    if (isMark(token, ')') || isMark(token, ']')) depth -= 1
    if (depth > 0) continue
    if (isMark(token, ',')) end(at)
    else if (clauses.has(token?.kind === 'word' ? token.value : '')) break
  }
  end(at)
  return merge(outcomes)
}

const head = 'SELECT '
const clauses = new Set(['from', 'where', 'group', 'order', 'having', 'limit', 'union', 'window', 'offset'])
