import { lex } from '../sql/lexer.ts'
import { offsetsOf } from '../sql/offsets.ts'
import type { Parser } from '../sql/parser.ts'
import type { Surroundings } from './decide.ts'
import { applyEdits, type Mention } from './mention.ts'
import type { Moves } from './moves.ts'
import { isSameBut } from './same.ts'
import { rewriteStatement } from './statement.ts'

export interface RewriteResult {
  readonly text: string
  readonly isChanged: boolean
  readonly mentions: readonly Mention[]
  /** Why nothing was changed although something may have to be. */
  readonly problem?: string
}

/**
 * Rewrites every name of something that moves in a text of one or several statements. The text is edited where the names
 * are and nowhere else; the result is parsed again and compared, and what cannot be parsed is left as it is.
 */
export async function rewriteText(
  parser: Parser,
  text: string,
  moves: Moves,
  around: Surroundings,
): Promise<RewriteResult> {
  const unchanged = (problem: string): RewriteResult => ({ text, isChanged: false, mentions: [], problem })
  const parsed = await parser.parse(text)
  if ('unparsable' in parsed) return unchanged(parsed.unparsable)
  const source = { text, tokens: lex(text), offsets: offsetsOf(text) }
  const done = parsed.statements.map((statement) => rewriteStatement(source, statement, moves, around))
  const edits = done.flatMap((each) => each.edits)
  const mentions = done.flatMap((each) => each.mentions)
  if (edits.length === 0) return { text, isChanged: false, mentions }
  const result = applyEdits(text, edits)
  const again = await parser.parse(result)
  if ('unparsable' in again) return unchanged(`the result could not be parsed: ${again.unparsable}`)
  if (!isSameBut(parsed.statements, again.statements, moves))
    return unchanged('the result would mean something else')
  return { text: result, isChanged: true, mentions }
}
