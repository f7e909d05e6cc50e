import type { Parser } from '../sql/parser.ts'
import type { Surroundings } from './decide.ts'
import { after } from './effects.ts'
import { applyEdits, type Edit, type Mention } from './mention.ts'
import type { Moves } from './moves.ts'
import { rewriteCommand } from './psql-commands.ts'
import { maskVariables } from './psql-variables.ts'
import { rewriteSql } from './rewrite.ts'
import { splitScript, type ScriptStatement } from './script.ts'
import { lex } from '../sql/lexer.ts'

/** A statement of a script that could not be read. */
export interface Unread {
  readonly start: number
  readonly end: number
  readonly reason: string
  /** Does it hold the name of something that moves? */
  readonly isSuspect: boolean
}

export interface ScriptResult {
  readonly text: string
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
  let around = initial
  const keep = (start: number, found: { edits: readonly Edit[]; mentions: readonly Mention[] }): void => {
    edits.push(...found.edits.map((edit) => ({ ...edit, start: edit.start + start, end: edit.end + start })))
    mentions.push(
      ...found.mentions.map((each) => ({ ...each, start: each.start + start, end: each.end + start })),
    )
  }
  for (const { start, end, commands, isCommand } of statements) {
    await parser.ready()
    const sql = text.slice(start, end)
    if (isCommand) {
      keep(start, rewriteCommand({ parser, moves, around }, sql))
      continue
    }
    const masked = maskVariables(blanked(text, start, end, commands))
    const found = rewriteSql({ parser, moves, around }, masked)
    if (found.problem !== undefined)
      unread.push({ start, end, reason: found.problem, isSuspect: holdsName(sql, moves) })
    keep(start, found)
    const parsed = parser.parse(masked)
    if ('statements' in parsed)
      for (const { tree } of parsed.statements) around = after(tree, around, initial)
  }
  return { text: applyEdits(text, edits), statements: statements.length, mentions, unread }
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
