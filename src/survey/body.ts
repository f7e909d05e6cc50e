import type { StoredBody } from '../catalog/bodies.ts'
import { isMark, isName, lex, type Token } from '../sql/lexer.ts'
import type { Parser } from '../sql/parser.ts'
import { foundByPath, type Surroundings } from '../rewrite/decide.ts'
import type { Mention } from '../rewrite/mention.ts'
import type { Moves } from '../rewrite/moves.ts'
import { readLiteral } from '../rewrite/literal.ts'
import { rewriteText } from '../rewrite/rewrite.ts'
import { temporaryTables } from '../rewrite/temporary.ts'

/** A place of a body that nobody can decide before it runs. */
export interface Doubt {
  /** The name that may be meant; empty where only the value of an expression will tell. */
  readonly name: string
  /** Of the body, counted from 1 as PL/pgSQL’s messages do. */
  readonly line: number
  readonly reason: string
}

type Text = Pick<StoredBody, 'definition' | 'source' | 'language'>

/** A name that a body looks for and finds to be one that moves. */
export interface FoundName {
  readonly name: string
  /** Is a schema written in front? Without one search_path decides. */
  readonly isQualified: boolean
}

interface Decided {
  readonly source: string
  readonly definition: string
  readonly names: readonly FoundName[]
  readonly doubts: readonly Doubt[]
}

/** What runs SQL that the body makes, or finds a relation by a text that it makes. */
export const runsTexts =
  /\b(?:execute|dblink\w*|query_to_xml\w*|cursor_to_xml\w*|open\s+\w+\s+for\s+execute)\b|[^'\s]\s*::\s*reg[a-z]+|\bas\s+reg[a-z]+\b|\b(?:nextval|currval|setval|to_reg[a-z]+|reg(?:class|proc|type))\s*\(\s*[^'\s]/i

const elsewhere = 'another of that name, or none, on the search_path'

/** Rewrites the names in a body, and lists those that remain in doubt. What stands before the body is left alone. */
export function decideBody(parser: Parser, body: Text, moves: Moves, around: Surroundings): Decided {
  const { definition, source } = body
  const quote = /\$[a-z]+\$(?=\n?$)/.exec(definition)
  if (moves.names.size === 0 || quote === null) return { source, definition, names: [], doubts: [] }
  const [start, end] = [quote.index - source.length, quote.index]
  const line = (at: number): number => source.slice(0, at - start).split('\n').length
  const temporary = new Set([...around.temporary, ...temporaryTables(source)])
  const here: Surroundings = { ...around, temporary, storesLabels: !runsTexts.test(source) }
  const result = rewriteText(parser, definition, moves, here)
  const whole = result.mentions.find(
    (mention) => mention.kind === 'undecided' && mention.start <= start && mention.end >= end,
  )
  const problem = result.problem ?? whole?.reason
  if (problem !== undefined) {
    const [name] = writtenIn(body).filter((word) => moves.names.has(word))
    return {
      source,
      definition,
      names: [],
      doubts: name === undefined ? [] : [{ name, line: 1, reason: problem }],
    }
  }
  const inside = result.mentions.filter((mention) => mention.start >= start && mention.end <= end)
  const isNowhere = (name: string): boolean =>
    !around.path.some((schema) => around.others?.(schema, name) === true)
  const lastName = (from: number, to: number): string | undefined =>
    namesIn(definition.slice(from, to), moves).at(-1)
  const doubts = [
    ...inside.flatMap(({ kind, name, start: at, end: upTo, reason }): Doubt[] => {
      if (kind === 'undecided') {
        // Where no name is seen, the line tells that SQL is put together there.
        const meant = moves.names.has(name) ? name : lastName(at, upTo)
        return [{ name: meant ?? '', line: line(at), reason }]
      }
      if (kind === 'kept' && reason === elsewhere && isNowhere(name))
        return [{ name, line: line(at), reason: 'only another search_path than the database’s finds it' }]
      return []
    }),
    ...overlooked(source, moves, (at) =>
      inside.some(
        ({ start: from, end: to, reason }) => from <= start + at && start + at < to && reason !== unread,
      ),
    ).map(({ name, at }) => ({
      name,
      line: line(start + at),
      reason: 'a place the parser does not tell of',
    })),
  ]
  const after = bodyIn(result.text, quote[0], definition.length - end)
  return {
    source: after,
    definition: definition.slice(0, start) + after + definition.slice(end),
    names: inside.flatMap((mention) => foundName(definition, mention)),
    doubts,
  }
}

/** A name that is rewritten, or would be if its search_path did not find it anyway. */
function foundName(definition: string, { kind, name, start, end, reason }: Mention): FoundName[] {
  if (kind !== 'rewritten' && reason !== foundByPath) return []
  const isString = definition[end - 1] === "'" || definition[end - 1] === '$'
  const text = isString ? definition.slice(start, end) : definition.slice(0, start).trimEnd()
  return [{ name, isQualified: isString ? text.includes('.') : text.endsWith('.') }]
}

/** The new body without what stands before it: there the server itself writes the names. */
function bodyIn(text: string, quote: string, tail: number): string {
  const end = text.length - tail
  return text.slice(text.lastIndexOf(quote, end - quote.length) + quote.length, end)
}

function namesIn(source: string, moves: Moves): string[] {
  return wordsIn(source).filter((word) => moves.names.has(word))
}

/** Every word of a body that may be a name: another language has other strings and comments. */
export function writtenIn({ source, language }: Pick<StoredBody, 'source' | 'language'>): string[] {
  if (language === 'sql' || language === 'plpgsql') return wordsIn(source)
  return source.match(/[\w$\u0080-\uffff]+/g) ?? []
}

/** Every name in a text, in its strings as well. */
function wordsIn(source: string): string[] {
  return lex(source).flatMap((token) => {
    if (isName(token)) return [token.value]
    const inner = token.kind === 'string' ? readLiteral(source, token)?.inner : undefined
    return inner === undefined ? [] : wordsIn(inner)
  })
}

/** What the rewriter says of every name that it has not come to. */
const unread = 'a variable or another name of PL/pgSQL'

/** Names with an old schema in front that the rewriter has said nothing of. */
function overlooked(
  source: string,
  moves: Moves,
  isKnown: (at: number) => boolean,
): { name: string; at: number }[] {
  const tokens = lex(source)
  const isDoubtful = (token: Token, index: number): boolean => {
    const isNamed = isName(token) && moves.names.has(token.value) && !isKnown(token.start)
    const schema = isMark(tokens[index - 1], '.') ? tokens[index - 2]?.value : undefined
    return isNamed && schema !== undefined && moves.sources.has(schema)
  }
  return tokens.filter(isDoubtful).map(({ value, start }) => ({ name: value, at: start }))
}
