import { ident } from '../pg/quoting.ts'
import { isMark, isName, isWord, lex, type Token } from '../sql/lexer.ts'
import type { Parser } from '../sql/parser.ts'
import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import { decide, type Surroundings } from './decide.ts'
import type { Edit, Mention } from './mention.ts'
import type { Moves } from './moves.ts'
import { hole, outward, pieceOf, type Piece } from './pieces.ts'
import { declaredTypes, embedded, type Embedded } from './plpgsql.ts'

export interface Context {
  readonly parser: Parser
  readonly moves: Moves
  readonly around: Surroundings
}

export interface Outcome {
  readonly edits: readonly Edit[]
  readonly mentions: readonly Mention[]
  readonly problem?: string
}

/** Rewrites one text of SQL; given to what is nested in it. */
export type RewriteSql = (context: Context, sql: string) => Outcome

/** A body of a function or of DO in a statement. */
export interface Body {
  readonly language: string
  readonly token: Token
}

/** The body that a statement holds as a string, if it holds one. */
export function bodyOf(tag: string, node: Node, tokens: readonly Token[]): Body | undefined {
  const options = list(node[tag === 'DoStmt' ? 'args' : 'options']).map((each): Node =>
    isNode(each) ? untag(each)[1] : {},
  )
  const option = (name: string): Node | undefined => options.find(({ defname }) => defname === name)
  const source = option('as')
  if (source === undefined) return undefined
  const argument = source['arg']
  const written = isNode(argument) ? (text(untag(argument)[1]['sval']) ?? words(argument)[0]) : undefined
  const token = tokens.find(
    (each) => each.kind === 'string' && each.value !== 'u&' && holds(each, tokens, written),
  )
  const language = option('language')?.['arg']
  const name = isNode(language) ? (text(untag(language)[1]['sval']) ?? '') : 'plpgsql'
  return token === undefined ? undefined : { language: name, token }
}

/** The body is the string behind AS, or in a DO the only one that is not behind LANGUAGE. */
function holds(token: Token, tokens: readonly Token[], written: string | undefined): boolean {
  const before = tokens[tokens.indexOf(token) - 1]
  return (
    written !== undefined &&
    (before?.value === 'as' || before?.value === 'do' || before?.kind === 'word') &&
    before.value !== 'language'
  )
}

/** Rewrites a body, in the text that its string stands in. */
export function rewriteBody(
  context: Context,
  statement: string,
  outerText: string,
  { language, token }: Body,
  rewriteSql: RewriteSql,
): Outcome {
  const piece = pieceOf(outerText, token)
  if (piece === undefined) return undecided(token, 'a body in a string of this form')
  if (language === 'sql') return inPieces(context, [piece], token, rewriteSql)
  if (language !== 'plpgsql') return undecided(token, `a body in ${language}`)
  const found = rewritePlpgsql(context, statement, piece.text, rewriteSql)
  if (found.problem !== undefined) return undecided(token, found.problem)
  return outward([piece], found.edits, found.mentions) ?? undecided(token, 'its string')
}

/** Rewrites a string that is SQL; undefined for one that is not, or that nothing moves in. */
export function rewriteString(
  context: Context,
  outerText: string,
  token: Token,
  rewriteSql: RewriteSql,
): Outcome | undefined {
  const piece = pieceOf(outerText, token)
  if (piece === undefined || !mentions(outerText, token, context.moves)) return undefined
  const found = rewriteSql(context, piece.text)
  return found.problem === undefined ? outward([piece], found.edits, found.mentions) : undefined
}

function rewritePlpgsql(context: Context, statement: string, body: string, rewriteSql: RewriteSql): Outcome {
  const synthetic = (result: string): string => {
    const tag = body.includes('$body$') ? '$migrate_body$' : '$body$'
    return `create function f() returns ${result} language plpgsql as ${tag}${body}${tag}`
  }
  let problem = ''
  const others = ['trigger', 'void', 'int', 'setof int'].map(synthetic)
  for (const text of [statement, withoutColumnTypes(statement), ...others]) {
    const parsed = context.parser.parseBody(text)
    if ('unparsable' in parsed) {
      problem ||= parsed.unparsable
      continue
    }
    const found = parsed.functions.map((fn) => embedded(fn, body))
    const lost = found.flatMap((each) => each.lost).find((sql) => mentionsName(sql, context.moves))
    if (lost !== undefined)
      return { edits: [], mentions: [], problem: `an expression that was not found in the body: ${lost}` }
    const parts = found.flatMap((each) => each.embedded)
    const parted = parts.map((part) => rewritePart(context, part, rewriteSql))
    return withRest(merge([typeEdits(context, body), ...parted]), body, context.moves)
  }
  return { edits: [], mentions: [], problem }
}

/** The parser does not know types that are those of columns in the head of a function. */
function withoutColumnTypes(statement: string): string {
  const name = String.raw`(?:"[^"]*"|[\w$\u0080-\uffff]+)`
  return statement.replaceAll(new RegExp(String.raw`${name}(?:\s*\.\s*${name})+\s*%\s*type\b`, 'gi'), 'int')
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

function rewritePart(context: Context, part: Embedded, rewriteSql: RewriteSql): Outcome {
  const piece: Piece = { text: part.sql, outer: (index) => part.outer(index), encode: (it) => it }
  const found = part.isDynamic ? rewriteDynamic(context, part.sql, rewriteSql) : rewriteSql(context, part.sql)
  return outward([piece], found.edits, found.mentions) ?? { edits: [], mentions: [] }
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
    if (decision.kind !== 'rewrite') continue
    const schema = of.at(-2)
    const target = ident(decision.target)
    edits.push(
      schema === undefined
        ? { start: name.start, end: name.start, text: `${target}.` }
        : { start: schema.start, end: schema.end, text: target },
    )
    mentions.push({ kind: 'rewritten', name: name.value, start: name.start, end: name.end, reason: '' })
  }
  return { edits, mentions }
}

/**
 * SQL that an expression makes for EXECUTE: a string, strings joined by ||, or format() of one. What is put in at run time
 * is a hole.
 */
function rewriteDynamic(context: Context, expression: string, rewriteSql: RewriteSql): Outcome {
  const tokens = lex(expression).slice(1)
  const isFormat = isWord(tokens[0], 'format') && isMark(tokens[1], '(') && tokens[2]?.kind === 'string'
  const strings = tokens.filter(
    (token) => token.kind === 'string' && mentions(expression, token, context.moves),
  )
  const told = (read: (token: Token) => boolean): Mention[] =>
    strings
      .filter((token) => !read(token))
      .flatMap((token) => undecided(token, 'a string of SQL that is put together').mentions)
  for (const mask of masks) {
    const parts = isFormat
      ? [{ token: tokens[2]!, piece: pieceOf(expression, tokens[2]!, (inner) => maskFormat(inner, mask)) }]
      : concatenated(expression, tokens, mask)
    const pieces = parts.flatMap(({ piece }) => piece ?? [])
    if (pieces.length < parts.length) break
    const found = rewriteSql(context, pieces.map(({ text: it }) => it).join(''))
    if (found.problem !== undefined) continue
    const moved = outward(pieces, found.edits, found.mentions)
    if (moved === undefined) continue
    const isRead = (token: Token): boolean => parts.some((part) => part.token === token)
    return { edits: moved.edits, mentions: [...moved.mentions, ...told(isRead)] }
  }
  return { edits: [], mentions: told(() => false) }
}

const masks = ['q', '1', `'q'`]

interface Part {
  /** The string that it is; undefined for a hole. */
  readonly token: Token | undefined
  /** Undefined for a form of string that nothing is put into. */
  readonly piece: Piece | undefined
}

/** The operands of a concatenation, or the one operand of none. */
function concatenated(expression: string, tokens: readonly Token[], mask: string): Part[] {
  const parts: Part[] = []
  let depth = 0
  let operand: Token[] = []
  const end = (): void => {
    const [only] = operand
    parts.push(
      operand.length === 1 && only?.kind === 'string'
        ? { token: only, piece: pieceOf(expression, only) }
        : { token: undefined, piece: hole(mask) },
    )
    operand = []
  }
  for (const token of tokens) {
    if (isMark(token, '(') || isMark(token, '[')) depth += 1
    if (isMark(token, ')') || isMark(token, ']')) depth -= 1
    if (depth === 0 && isMark(token, '||')) end()
    else operand.push(token)
  }
  end()
  return parts
}

/** `%I`, `%L` and `%s` become something as long that parses; `%%` is a per cent sign. */
function maskFormat(inner: string, mask: string): string {
  return inner.replaceAll(/%(?:\d+\$)?-?(?:\d+|\*)?([ILs%])/g, (all, kind: string) => {
    if (kind === '%') return all === '%%' ? ' %' : all
    return (kind === 'I' ? 'q' : kind === 'L' ? '1' : mask[0]!).repeat(all.length)
  })
}

function mentions(source: string, token: Token, moves: Moves): boolean {
  return mentionsName(pieceOf(source, token)?.text ?? '', moves)
}

function mentionsName(sql: string, moves: Moves): boolean {
  return lex(sql).some((word) => isName(word) && moves.names.has(word.value))
}

function inPieces(context: Context, pieces: readonly Piece[], token: Token, rewriteSql: RewriteSql): Outcome {
  const found = rewriteSql(context, pieces.map(({ text: it }) => it).join(''))
  if (found.problem !== undefined) return undecided(token, found.problem)
  return outward(pieces, found.edits, found.mentions) ?? undecided(token, 'its string')
}

function merge(outcomes: readonly Outcome[]): Outcome {
  return {
    edits: outcomes.flatMap(({ edits }) => edits),
    mentions: outcomes.flatMap((each) => each.mentions),
  }
}

function undecided({ start, end }: Token, reason: string): Outcome {
  return { edits: [], mentions: [{ kind: 'undecided', name: '', start, end, reason }] }
}
