import { isMark, isName, isWord, lex, type Token } from '../sql/lexer.ts'

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
