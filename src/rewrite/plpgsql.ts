import { isMark, isName, isWord, lex, type Token } from '../sql/lexer.ts'
import { isNode, text, type Node } from '../sql/tree.ts'

/** An SQL expression or statement of a PL/pgSQL body, aligned with the body it stands in. */
export interface Embedded {
  /** What can be parsed by itself. */
  readonly sql: string
  /** Where a place of `sql` is in the body; undefined for what the parser has put in. */
  outer(index: number): number | undefined
  /** Whether its value is SQL itself, that EXECUTE runs. */
  readonly isDynamic: boolean
}

interface Expression {
  readonly query: string
  /** 0: a statement; 2: an expression; 3 and more: an assignment. */
  readonly mode: number
  readonly isDynamic: boolean
}

/** The expressions of a parsed function, in the order in which they are written. */
export function embedded(fn: Node, body: string): Embedded[] {
  const tokens = lex(body)
  const written = (token: Token, of: string): string => of.slice(token.start, token.end)
  let from = 0
  return [...expressions(fn)].flatMap((expression): Embedded[] => {
    const { head, sql } = standalone(expression)
    const own = lex(sql)
    const wanted = own.filter(({ start }) => start >= head)
    if (wanted.length === 0) return []
    const found = align(
      tokens,
      from,
      (token) => written(token, body),
      wanted.map((token) => written(token, sql)),
    )
    if (found === undefined) return []
    from = found[0]! + 1
    const places = wanted.map((token, index) => ({ token, at: tokens[found[index]!]!.start }))
    return [
      {
        sql,
        isDynamic: expression.isDynamic,
        outer: (index) => {
          const place = places.findLast(({ token }) => token.start <= index)
          return place === undefined ? undefined : place.at + index - place.token.start
        },
      },
    ]
  })
}

/** What is parsed by itself, and how many characters before the expression are none of the body’s. */
function standalone({ query, mode }: Expression): { head: number; sql: string } {
  if (mode === 0) {
    // PERFORM comes as SELECT: that word is not in the body.
    return { head: /^SELECT /.test(query) ? 7 : 0, sql: query }
  }
  const value = mode === 2 ? query : query.replace(/^[^]*?(?::=|=)/, '')
  return { head: 7, sql: `SELECT ${value}` }
}

/** Where the wanted words stand in a row, INTO and its targets left out; undefined when they do not. */
function align(
  tokens: readonly Token[],
  from: number,
  written: (token: Token) => string,
  wanted: readonly string[],
): number[] | undefined {
  for (let start = from; start < tokens.length; start++) {
    const found = alignAt(tokens, start, written, wanted)
    if (found !== undefined) return found
  }
  return undefined
}

function alignAt(
  tokens: readonly Token[],
  start: number,
  written: (token: Token) => string,
  wanted: readonly string[],
): number[] | undefined {
  const found: number[] = []
  let at = start
  for (const word of wanted) {
    if (
      tokens[at] !== undefined &&
      written(tokens[at]!) !== word &&
      isWord(tokens[at], 'into') &&
      found.length > 0
    )
      at = afterInto(tokens, at)
    if (tokens[at] === undefined || written(tokens[at]!) !== word) return undefined
    found.push(at)
    at += 1
  }
  return found
}

/** Behind INTO [STRICT] target, target.field, … */
function afterInto(tokens: readonly Token[], into: number): number {
  let at = into + 1
  if (isWord(tokens[at], 'strict')) at += 1
  while (tokens[at] !== undefined) {
    at += 1
    if (isMark(tokens[at], '[')) while (tokens[at] !== undefined && !isMark(tokens[at - 1], ']')) at += 1
    if (!isMark(tokens[at], ',') && !isMark(tokens[at], '.')) return at
    at += 1
  }
  return at
}

const dynamic: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_dynexecute: 'query',
  PLpgSQL_stmt_dynfors: 'query',
  PLpgSQL_stmt_return_query: 'dynquery',
  PLpgSQL_stmt_open: 'dynquery',
}

function* expressions(value: unknown, isDynamic = false): Generator<Expression> {
  if (Array.isArray(value)) for (const item of value as unknown[]) yield* expressions(item)
  if (!isNode(value)) return
  for (const [tag, inner] of Object.entries(value)) {
    if (tag === 'PLpgSQL_expr' && isNode(inner)) yield expressionOf(inner, isDynamic)
    else if (tag.startsWith('PLpgSQL_') && isNode(inner))
      for (const [field, of] of Object.entries(inner)) yield* expressions(of, dynamic[tag] === field)
    else yield* expressions(inner)
  }
}

/** A CASE compares with a variable of its own; only what it compares with is in the body. */
function expressionOf(inner: Node, isDynamic: boolean): Expression {
  const query = (text(inner['query']) ?? '').replace(/^"__Case__Variable_\d+__" IN \(([^]*)\)$/, '$1')
  return { query, mode: typeof inner['parseMode'] === 'number' ? inner['parseMode'] : 0, isDynamic }
}

/** Types of declarations that name relations: `users%rowtype`, `public.users.id%type`, `users`. */
export interface DeclaredType {
  readonly words: readonly Token[]
  /** A column follows the relation. */
  readonly isColumn: boolean
}

/** The types behind which `%rowtype` or `%type` is written. */
export function declaredTypes(body: string): DeclaredType[] {
  const tokens = lex(body)
  return tokens.flatMap((token, index): DeclaredType[] => {
    const kind = tokens[index + 1]
    if (!isMark(token, '%') || !(isWord(kind, 'rowtype') || isWord(kind, 'type'))) return []
    const words: Token[] = []
    for (let at = index - 1; at >= 0 && isName(tokens[at]); at -= 2) {
      words.unshift(tokens[at]!)
      if (!isMark(tokens[at - 1], '.')) break
    }
    return [{ words, isColumn: isWord(kind, 'type') }]
  })
}
