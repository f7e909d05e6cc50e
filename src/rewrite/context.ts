import { isName, lex, type Token } from '../sql/lexer.ts'
import type { Parser } from '../sql/parser.ts'
import type { Surroundings } from './decide.ts'
import type { Edit, Mention } from './mention.ts'
import type { Moves } from './moves.ts'

export interface Hole {
  readonly start: number
  readonly end: number
}

export interface Context {
  readonly parser: Parser
  readonly moves: Moves
  readonly around: Surroundings
  /** Places of the text that are known only when it runs, as those of `format()`. */
  readonly holes?: readonly Hole[]
  /** What names meant when the session began, if that is something else. */
  readonly initial?: Surroundings
}

/** What is to be changed in a text, and what became of every name in it. */
export interface Outcome {
  readonly edits: readonly Edit[]
  readonly mentions: readonly Mention[]
  /** Why nothing is changed although something may have to be. */
  readonly problem?: string
  /** What names mean behind the text. */
  readonly after?: Surroundings
}

/** Rewrites one text of SQL; given to what is nested in it. */
export type RewriteSql = (context: Context, sql: string) => Outcome

export function undecided({ start, end }: Pick<Token, 'start' | 'end'>, reason: string): Outcome {
  return { edits: [], mentions: [{ kind: 'undecided', name: '', start, end, reason }] }
}

export function merge(outcomes: readonly Outcome[]): Outcome {
  return {
    edits: outcomes.flatMap(({ edits }) => edits),
    mentions: outcomes.flatMap(({ mentions }) => mentions),
  }
}

/** The same in a text that this one is a part of, from `by` on. */
export function shifted({ edits, mentions }: Outcome, by: number): Outcome {
  const shift = <T extends { start: number; end: number }>(each: T): T => ({
    ...each,
    start: each.start + by,
    end: each.end + by,
  })
  return { edits: edits.map(shift), mentions: mentions.map(shift) }
}

/** Whether a name that moves is a word of a text. */
export function namesSomething(sql: string, moves: Moves): boolean {
  return lex(sql).some((word) => isName(word) && moves.names.has(word.value))
}

export function overlaps(holes: readonly Hole[] | undefined, { start, end }: Hole): boolean {
  return holes?.some((hole) => hole.start < end && start < hole.end) ?? false
}
