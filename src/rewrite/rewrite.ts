import { lex } from '../sql/lexer.ts'
import { offsetsOf } from '../sql/offsets.ts'
import type { Parser } from '../sql/parser.ts'
import type { Surroundings } from './decide.ts'
import { after } from './effects.ts'
import { applyEdits, type Mention } from './mention.ts'
import type { Moves } from './moves.ts'
import type { Context, Outcome } from './context.ts'
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
export function rewriteText(parser: Parser, text: string, moves: Moves, around: Surroundings): RewriteResult {
  const { edits, mentions, problem } = rewriteSql({ parser, moves, around }, text)
  if (problem !== undefined || edits.length === 0)
    return { text, isChanged: false, mentions, ...(problem === undefined ? {} : { problem }) }
  return { text: applyEdits(text, edits), isChanged: true, mentions }
}

/**
 * The edits of a text; none where its result would not be the same but for the names. What the parser has just been able to
 * read may be too deep for those who walk it.
 */
export function rewriteSql(context: Context, text: string): Outcome {
  try {
    return rewriteStatements(context, text)
  } catch (error) {
    if (!(error instanceof RangeError) || !/call stack/.test(error.message)) throw error
    return { edits: [], mentions: [], problem: 'it is nested too deeply' }
  }
}

function rewriteStatements(context: Context, text: string): Outcome {
  const { parser, moves } = context
  const unchanged = (problem: string): Outcome => ({ edits: [], mentions: [], problem })
  const parsed = parser.parse(text)
  if ('unparsable' in parsed) return unchanged(parsed.unparsable)
  const source = { text, tokens: lex(text), offsets: offsetsOf(text) }
  const done: Outcome[] = []
  let around = context.around
  for (const statement of parsed.statements) {
    done.push(rewriteStatement({ ...context, around }, source, statement, rewriteSql))
    around = after(statement.tree, around, context.initial ?? context.around)
  }
  const edits = done.flatMap((each) => each.edits)
  const mentions = done.flatMap((each) => each.mentions)
  if (edits.length === 0) return { edits, mentions, after: around }
  const again = parser.parse(applyEdits(text, edits))
  if ('unparsable' in again) return unchanged(`the result could not be parsed: ${again.unparsable}`)
  return isSameBut(parsed.statements, again.statements, moves)
    ? { edits, mentions, after: around }
    : unchanged('the result would mean something else')
}
