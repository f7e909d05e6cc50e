import { ident } from '../pg/quoting.ts'
import { isMark, isName, lex } from '../sql/lexer.ts'
import { decide } from './decide.ts'
import type { Edit, Mention } from './mention.ts'
import type { Context } from './nested.ts'
import { rewriteSql } from './rewrite.ts'

/** Commands of psql whose argument is a relation or a pattern of names (psql manual, Meta-Commands). */
const describing = /^\\(?:d[tvmsiEpCP]*[S+]*|dp|z|sv[+]?|ev|copy)[ \t]+/

/**
 * The edits of a command of psql that names a relation: `\d users`, `\copy users from …`. A pattern with wild cards is no
 * name, and told when it could mean one.
 */
export function rewriteCommand(
  context: Context,
  line: string,
): { edits: readonly Edit[]; mentions: readonly Mention[] } {
  const { moves, around } = context
  const query = /^\\copy[ \t]+(?=\()/.exec(line)
  if (query !== null) return rewriteCopied(context, line, query[0].length)
  const command = describing.exec(line)
  if (command === null) return { edits: [], mentions: [] }
  const from = command[0].length
  const argument = /^(?:"(?:[^"]|"")*"|[^\s"(;])+/.exec(line.slice(from))?.[0] ?? ''
  const tokens = lex(argument)
  const isDotted = tokens.every((token, index) => (index % 2 === 0 ? isName(token) : isMark(token, '.')))
  const words = tokens.filter(isName).map(({ value }) => value)
  const name = tokens.at(-1)
  if (name === undefined || !isDotted) return { edits: [], mentions: [] }
  const decision = decide({ class: 'relation', words, hidden: new Set(), at: { search: [] } }, moves, around)
  if (decision.kind === 'other') return { edits: [], mentions: [] }
  const mention = { name: name.value, start: from + name.start, end: from + name.end }
  if (decision.kind === 'keep')
    return { edits: [], mentions: [{ ...mention, kind: 'kept', reason: decision.reason }] }
  const schema = tokens.at(-3)
  const target = ident(decision.target)
  const edit =
    schema === undefined
      ? { start: mention.start, end: mention.start, text: `${target}.` }
      : { start: from + schema.start, end: from + schema.end, text: target }
  return { edits: [edit], mentions: [{ ...mention, kind: 'rewritten', reason: '' }] }
}

/** `\copy (select …) to …`: the query is what COPY would be given. */
function rewriteCopied(
  context: Context,
  line: string,
  from: number,
): { edits: readonly Edit[]; mentions: readonly Mention[] } {
  let depth = 0
  const end = lex(line.slice(from)).find((token) => {
    depth += isMark(token, '(') ? 1 : isMark(token, ')') ? -1 : 0
    return depth === 0
  })
  const head = 'copy '
  const shift = from - head.length
  const sql = `${head}${line.slice(from, from + (end?.end ?? line.length))} to stdout`
  const { edits, mentions } = rewriteSql(context, sql)
  const moved = <T extends { start: number; end: number }>(each: T): T => ({
    ...each,
    start: each.start + shift,
    end: each.end + shift,
  })
  return { edits: edits.map(moved), mentions: mentions.map(moved) }
}
