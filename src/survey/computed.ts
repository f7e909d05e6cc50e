import { isMark, isWord, lex, type Token } from '../sql/lexer.ts'
import { readLiteral } from '../rewrite/literal.ts'

/** Lines of a PL/pgSQL body, counted from 1, in which SQL is executed of which more than values comes at run time. */
export function computedLines(body: string): number[] {
  const tokens = lex(body)
  const lines = tokens.flatMap((token, index) =>
    isWord(token, 'execute') && isComputed(body, expressionBehind(tokens, index))
      ? [body.slice(0, token.start).split('\n').length]
      : [],
  )
  return [...new Set(lines)]
}

const ends = new Set(['into', 'using', 'loop'])

/** What EXECUTE is given; nothing behind the EXECUTE of GRANT and CREATE TRIGGER. */
function expressionBehind(tokens: readonly Token[], execute: number): Token[] {
  const found: Token[] = []
  let depth = 0
  for (const token of tokens.slice(execute + 1)) {
    if (depth === 0 && (isMark(token, ';') || (token.kind === 'word' && ends.has(token.value)))) break
    if (isMark(token, '(')) depth += 1
    if (isMark(token, ')')) depth -= 1
    found.push(token)
  }
  const isOther = ['on', 'function', 'procedure'].some((word) => isWord(found[0], word))
  return isOther ? [] : found
}

/** Whether an expression holds more than strings, and values quoted as such. */
function isComputed(body: string, expression: readonly Token[]): boolean {
  return operands(expression).some((operand) => {
    const [first, , second] = operand
    if (first === undefined || (operand.length === 1 && first.kind === 'string')) return false
    if (isWord(first, 'quote_literal') || isWord(first, 'quote_nullable')) return false
    if (!isWord(first, 'format') || second?.kind !== 'string') return true
    return /%(?:\d+\$)?-?(?:\d+|\*)?[Is]/.test(readLiteral(body, second)?.inner ?? '%s')
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
