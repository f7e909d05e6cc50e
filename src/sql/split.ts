import { isMark, isToken, pieceAt } from './lexer.ts'

/**
 * Cuts a text into statements at semicolons outside of strings, quoted names and comments (manual, chapter 4.1). It
 * need not be valid SQL, since a log may hold anything: an end that is missing ends nothing.
 */
export function splitStatements(text: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length;) {
    const piece = pieceAt(text, at)
    at = piece.end
    if (!isToken(piece) || !isMark(piece, ';')) continue
    parts.push(text.slice(from, piece.start))
    from = piece.end
  }
  parts.push(text.slice(from))
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}
