import { isMark, isName, isWord, lex, type Token } from '../sql/lexer.ts'
import { isNode, list, text, type Node } from '../sql/tree.ts'

/** An SQL expression or statement of a PL/pgSQL body, aligned with the body it stands in. */
export interface Embedded {
  /** What can be parsed by itself. */
  readonly sql: string
  /** Where a place of `sql` is in the body; undefined for what the parser has put in. */
  outer(index: number): number | undefined
  /** Whether its value is SQL itself, that EXECUTE runs. */
  readonly isDynamic: boolean
  /** Whether it is given to a variable that becomes a part of such SQL. */
  readonly mayRun: boolean
}

interface Expression {
  readonly query: string
  /** 0: a statement; 2: an expression; 3 and more: an assignment. */
  readonly mode: number
  /** Where the statement begins that it is part of: the line of the body, counted from 1. */
  readonly line: number
  readonly isDynamic: boolean
  /** The variable that is given its value. */
  readonly gives?: string | undefined
}

/** Expressions of a body, and the texts of those that were not found in it. */
export interface Alignment {
  readonly embedded: readonly Embedded[]
  readonly lost: readonly string[]
}

/**
 * Finds the expressions of a parsed function in its body. The parser gives their text and not their place. The longest are
 * looked for first, so that a short one is not found within another; which of two that are the same is which does not matter.
 */
export function embedded(fn: Node, body: string): Alignment {
  const tokens = lex(body)
  const words = tokens.map((token) => body.slice(token.start, token.end))
  const lines = linesOf(body, tokens)
  const taken = new Set<number>()
  const found: Embedded[] = []
  const take = (
    own: readonly Token[],
    at: readonly number[],
    sql: string,
    { isDynamic, mayRun }: Pick<Embedded, 'isDynamic' | 'mayRun'>,
  ): void => {
    for (const index of at) taken.add(index)
    const places = own.map((token, index) => ({ token, at: tokens[at[index]!]!.start }))
    const outer = (index: number): number | undefined => {
      const place = places.findLast(({ token }) => token.start <= index)
      return place === undefined ? undefined : place.at + index - place.token.start
    }
    found.push({ sql, isDynamic, mayRun, outer })
  }
  const lost: string[] = []
  const wanted = [...expressions(fn)]
    .map((expression) => ({ expression, ...standalone(expression) }))
    .map((each) => ({ ...each, own: lex(each.sql).filter(({ start }) => start >= each.head) }))
  const running = runningVariables(wanted.map(({ expression }) => expression))
  for (const { expression, sql, own } of wanted.toSorted((a, b) => b.own.length - a.own.length)) {
    if (own.length === 0) continue
    const texts = own.map((token) => sql.slice(token.start, token.end))
    const at =
      align(tokens, words, texts, taken, (start) => lines[start]! >= expression.line) ??
      align(tokens, words, texts, taken)
    if (at === undefined) {
      // A cursor's named arguments and the like are put together by the parser.
      lost.push(sql)
      continue
    }
    const { isDynamic, gives } = expression
    take(own, at, sql, { isDynamic, mayRun: gives !== undefined && running.has(gives) })
  }
  for (const { name, type } of declarations(fn)) {
    const sql = `SELECT NULL::${type}`
    const own = lex(sql).slice(3)
    const follows = (start: number): boolean => {
      const before = isWord(tokens[start - 1], 'constant') ? start - 2 : start - 1
      return tokens[before]?.value === name
    }
    const texts = own.map((token) => sql.slice(token.start, token.end))
    const at = align(tokens, words, texts, taken, follows)
    // What is not in the body is an argument of the function.
    if (at !== undefined) take(own, at, sql, { isDynamic: false, mayRun: false })
  }
  return { embedded: found, lost }
}

/** A statement of SQL in a body, or an expression as one. */
export interface BodyStatement {
  readonly sql: string
  /** The line of the body on which it begins, counted from 1. */
  readonly line: number
}

/** What a parsed function has the server parse, but for the SQL that it makes itself. */
export function statementsOf(fn: Node): BodyStatement[] {
  return [...expressions(fn)]
    .filter(({ isDynamic }) => !isDynamic)
    .map((expression) => ({ sql: standalone(expression).sql, line: expression.line }))
}

/** The variables whose values become SQL that EXECUTE runs, by themselves or through others. */
function runningVariables(expressions: readonly Expression[]): ReadonlySet<string> {
  const running = new Set<string>()
  const addNames = ({ query }: Expression): void => {
    for (const token of lex(query)) if (isName(token)) running.add(token.value)
  }
  for (const each of expressions) if (each.isDynamic) addNames(each)
  for (let before = -1; before < running.size;) {
    before = running.size
    for (const each of expressions) if (each.gives !== undefined && running.has(each.gives)) addNames(each)
  }
  return running
}

function linesOf(body: string, tokens: readonly Token[]): number[] {
  let [line, at] = [1, 0]
  return tokens.map(({ start }) => {
    for (; at < start; at++) if (body[at] === '\n') line += 1
    return line
  })
}

/** What is parsed by itself, and how many characters before the expression are none of the body’s. */
function standalone({ query, mode }: Expression): { head: number; sql: string } {
  if (mode === 0) {
    // PERFORM comes as SELECT: that word is not in the body.
    return { head: /^SELECT\s/.test(query) ? 7 : 0, sql: query }
  }
  const value = mode === 2 ? query : query.replace(/^[^]*?(?::=|=)/, '')
  return { head: 7, sql: `SELECT ${value}` }
}

/** Which tokens the wanted words are, in a row but for INTO and its targets; undefined when there are none that are free. */
function align(
  tokens: readonly Token[],
  words: readonly string[],
  wanted: readonly string[],
  taken: ReadonlySet<number>,
  isPossible: (start: number) => boolean = () => true,
): number[] | undefined {
  for (let start = 0; start < words.length; start++) {
    if (words[start] !== wanted[0] || !isPossible(start)) continue
    const found = alignAt(tokens, words, wanted, start)
    if (found?.every((index) => !taken.has(index)) === true) return found
  }
  return undefined
}

function alignAt(
  tokens: readonly Token[],
  words: readonly string[],
  wanted: readonly string[],
  start: number,
): number[] | undefined {
  const found: number[] = []
  let at = start
  for (const word of wanted) {
    if (words[at] !== word && found.length > 0 && isWord(tokens[at], 'into')) at = afterInto(tokens, at)
    if (words[at] !== word) return undefined
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

function* expressions(value: unknown, line = 1, isDynamic = false): Generator<Expression> {
  if (Array.isArray(value)) for (const item of value as unknown[]) yield* expressions(item, line)
  if (!isNode(value)) return
  for (const [tag, inner] of Object.entries(value)) {
    if (tag === 'PLpgSQL_expr' && isNode(inner)) yield expressionOf(inner, line, isDynamic)
    else if (tag === 'PLpgSQL_var' && isNode(inner)) yield* declared(inner, line)
    else if (tag.startsWith('PLpgSQL_') && isNode(inner)) {
      const own = typeof inner['lineno'] === 'number' ? inner['lineno'] : line
      for (const [field, of] of Object.entries(inner))
        yield* field === 'argquery' ? cursorArguments(of, own) : expressions(of, own, dynamic[tag] === field)
    } else yield* expressions(inner, line)
  }
}

/** The default of a variable, and what a cursor is for. */
function* declared(variable: Node, line: number): Generator<Expression> {
  const own = typeof variable['lineno'] === 'number' ? variable['lineno'] : line
  for (const [field, of] of Object.entries(variable))
    for (const each of expressions(of, own))
      yield field === 'default_val' ? { ...each, gives: text(variable['refname']) } : each
}

/** What a cursor is opened with; the parser puts those that are given by name into their order, each with AS. */
function* cursorArguments(value: unknown, line: number): Generator<Expression> {
  for (const { query } of expressions(value, line)) {
    const tokens = lex(query)
    let [depth, from] = [0, 0]
    for (let at = 0; at <= tokens.length; at++) {
      if (isMark(tokens[at], '(') || isMark(tokens[at], '[')) depth += 1
      if (isMark(tokens[at], ')') || isMark(tokens[at], ']')) depth -= 1
      if (at < tokens.length && (depth > 0 || !isMark(tokens[at], ','))) continue
      const end = isWord(tokens[at - 2], 'as') ? at - 3 : at - 1
      if (end >= from)
        yield { query: query.slice(tokens[from]!.start, tokens[end]!.end), mode: 2, line, isDynamic: false }
      from = at + 1
    }
  }
}

/** The variables of a function whose types are names, and not taken from columns or rows with `%`. */
function declarations(fn: Node): { name: string; type: string }[] {
  const body = isNode(fn['PLpgSQL_function']) ? fn['PLpgSQL_function'] : {}
  return list(body['datums']).flatMap((datum) => {
    const of = isNode(datum) ? Object.values(datum)[0] : undefined
    const type = isNode(of) && isNode(of['datatype']) ? Object.values(of['datatype'])[0] : undefined
    const [name, written] = [isNode(of) && text(of['refname']), isNode(type) && text(type['typname'])]
    return name && written && !written.includes('%') ? [{ name, type: written }] : []
  })
}

/** A CASE compares with a variable of its own; only what it compares with is in the body. */
function expressionOf(inner: Node, line: number, isDynamic: boolean): Expression {
  const query = (text(inner['query']) ?? '').replace(/^"__Case__Variable_\d+__" IN \(([^]*)\)$/, '$1')
  const mode = typeof inner['parseMode'] === 'number' ? inner['parseMode'] : 0
  const target = mode > 2 ? lex(query)[0] : undefined
  return { query, mode, line, isDynamic, gives: isName(target) ? target?.value : undefined }
}
