import { lex } from '../sql/lexer.ts'
import { readLiteral } from './literal.ts'

/** Temporary tables that SQL in strings makes: the names may mean these. */
export function temporaryTables(source: string): string[] {
  return lex(source).flatMap((token) => {
    const inner = token.kind === 'string' ? readLiteral(source, token)?.inner : undefined
    const made = inner?.matchAll(
      /\b(?:temp|temporary)\s+(?:table|view|sequence)\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|[\w$\u0080-\uffff]+)/gi,
    )
    return [...(made ?? [])].flatMap(([, name]) => lex(name!).map(({ value }) => value))
  })
}
