import { isMark, isWord, lex, type Token } from '../sql/lexer.ts'
import type { Parser } from '../sql/parser.ts'
import { readLiteral } from '../rewrite/literal.ts'
import { embedded } from '../rewrite/plpgsql.ts'

/** Lines of a PL/pgSQL body, counted from 1, where SQL is executed of which more than values comes at run time. */
export function computedLines(parser: Parser, definition: string, source: string): number[] {
  if (!/\bexecute\b/i.test(source)) return []
  const parsed = parser.parseBody(definition)
  if ('unparsable' in parsed) return []
  const parts = parsed.functions.flatMap((fn) => embedded(fn, source))
  const lines = parts
    .filter(({ isDynamic, sql }) => isDynamic && isComputed(sql))
    .map((part) => {
      const at = part.outer(lex(part.sql)[1]?.start ?? 0) ?? 0
      return source.slice(0, at).split('\n').length
    })
  return [...new Set(lines)]
}

/** Whether an expression that EXECUTE runs holds more than strings, and values quoted as such. */
function isComputed(expression: string): boolean {
  return operands(lex(expression).slice(1)).some((operand) => {
    const [first, , second] = operand
    if (operand.length === 1 && first?.kind === 'string') return false
    if (isWord(first, 'quote_literal') || isWord(first, 'quote_nullable')) return false
    if (!isWord(first, 'format') || second?.kind !== 'string') return true
    return /%(?:\d+\$)?-?(?:\d+|\*)?[Is]/.test(readLiteral(expression, second)?.inner ?? '%s')
  })
}

function operands(tokens: readonly Token[]): Token[][] {
  const found: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (isMark(token, '(')) depth += 1
    if (isMark(token, ')')) depth -= 1
    if (depth === 0 && isMark(token, '||')) found.push([])
    else found.at(-1)!.push(token)
  }
  return found
}
