import { lex } from '../sql/lexer.ts'
import { readLiteral } from './literal.ts'

const making =
  /\b(?:temp|temporary)\s+(?:table|view|sequence)\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|[\w$\u0080-\uffff]+)/gi

/** Temporary tables that SQL in strings makes: the names may mean these. */
export function temporaryTables(source: string): string[] {
  return lex(source).flatMap((token) => {
    const inner = token.kind === 'string' ? readLiteral(source, token)?.inner : undefined
    return inner === undefined ? [] : temporaryIn(inner)
  })
}

/** Temporary tables that a text makes, as far as it shows. */
export function temporaryIn(text: string): string[] {
  return [...text.matchAll(making)].flatMap(([, name]) => lex(name!).map(({ value }) => value))
}
