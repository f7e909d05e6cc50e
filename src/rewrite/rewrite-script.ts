import type { Parser } from '../sql/parser.ts'
import type { Surroundings } from './decide.ts'
import { newSession } from './effects.ts'
import { shifted, type Outcome } from './context.ts'
import { rewriteExecuted } from './dynamic.ts'
import { applyEdits, type Edit, type Mention } from './mention.ts'
import type { Moves } from './moves.ts'
import { rewriteCommand } from './psql-commands.ts'
import { maskVariables, variableRelations } from './psql-variables.ts'
import { rewriteSql } from './rewrite.ts'
import { transitionTables } from './transitions.ts'
import { splitScript, type ScriptStatement } from './script.ts'
import { lex } from '../sql/lexer.ts'

/** A statement of a script that could not be read. */
export interface Unread {
  readonly start: number
  readonly end: number
  readonly reason: string
  /** Does it hold the name of something that moves? */
  readonly isSuspect: boolean
  /** Where the parser could not go on, if it could not be parsed. */
  readonly stopped?: number
}

export interface ScriptResult {
  readonly text: string
  readonly edits: readonly Edit[]
  readonly statements: number
  readonly mentions: readonly Mention[]
  readonly unread: readonly Unread[]
}

/**
 * Rewrites a script for psql, statement by statement, as a session would come by them: what SET search_path and temporary
 * tables change is followed. What cannot be parsed stays as it is and is told.
 */
export async function rewriteScript(
  parser: Parser,
  text: string,
  moves: Moves,
  initial: Surroundings,
): Promise<ScriptResult> {
  const statements = splitScript(text)
  const edits: Edit[] = []
  const mentions: Mention[] = []
  const unread: Unread[] = []
  const begin = { ...initial, transitions: transitionTables(parser, text, statements) }
  let around: Surroundings = begin
  const keep = (start: number, found: Outcome): void => {
    const here = shifted(found, start)
    edits.push(...here.edits)
    mentions.push(...here.mentions)
  }
  for (const { start, end, commands, isCommand, isExecuted } of statements) {
    await parser.ready()
    const sql = text.slice(start, end)
    if (isCommand) {
      keep(start, rewriteCommand({ parser, moves, around }, sql))
      if (/^\\c(?:onnect)?(?!\w)/.test(sql)) around = newSession(around, begin)
      continue
    }
    const plain = blanked(text, start, end, commands)
    const context = { parser, moves, around, initial: begin }
    // What looks like a variable may be the bound of a slice.
    const variables = maskVariables(plain)
    const masked = variables !== plain && 'unparsable' in parser.parse(plain) ? variables : plain
    const read = rewriteSql(context, masked)
    const found = masked === plain ? read : withVariables(read, variableRelations(plain, moves.names))
    if (found.problem !== undefined)
      unread.push({
        start,
        end,
        reason: found.problem,
        isSuspect: holdsName(sql, moves),
        ...stopped(parser, masked, start),
      })
    keep(start, isExecuted ? inPlaceOf(found, rewriteExecuted(context, masked, rewriteSql)) : found)
    around = found.after ?? around
  }
  return { text: applyEdits(text, edits), edits, statements: statements.length, mentions, unread }
}

/** What a variable of psql says of a name counts before what the word in its place did. */
function withVariables(found: Outcome, variables: readonly Mention[]): Outcome {
  const isWithin = ({ start, end }: Mention): boolean =>
    variables.some((each) => each.start <= start && end <= each.end)
  return { ...found, mentions: [...found.mentions.filter((each) => !isWithin(each)), ...variables] }
}

/** The cursor of an error counts characters from 1. */
function stopped(parser: Parser, sql: string, start: number): { stopped?: number } {
  const parsed = parser.parse(sql)
  if (!('unparsable' in parsed) || (parsed.cursor ?? 0) <= 0) return {}
  return {
    stopped:
      start +
      Array.from(sql)
        .slice(0, parsed.cursor! - 1)
        .join('').length,
  }
}

/** What was found in strings that are run says more than that they are strings. */
function inPlaceOf(found: Outcome, executed: Outcome): Outcome {
  const edits = [...found.edits, ...executed.edits]
  const covers = ({ start, end }: Mention): boolean =>
    executed.mentions.some((each) => each.start >= start && each.end <= end)
  const rest = found.mentions.filter((mention) => mention.kind !== 'undecided' || !covers(mention))
  return { edits, mentions: [...rest, ...executed.mentions] }
}

/** A statement with blanks for the commands of psql in it. */
function blanked(text: string, start: number, end: number, commands: ScriptStatement['commands']): string {
  let result = ''
  let at = start
  for (const command of commands) {
    result += text.slice(at, command.start) + ' '.repeat(command.end - command.start)
    at = command.end
  }
  return result + text.slice(at, end)
}

function holdsName(sql: string, moves: Moves): boolean {
  return (
    lex(sql).some(({ value }) => moves.names.has(value)) ||
    [...moves.names].some((name) => sql.includes(name))
  )
}
