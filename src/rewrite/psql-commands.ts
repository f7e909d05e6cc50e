import { ident } from '../pg/quoting.ts'
import { isMark, isName, lex } from '../sql/lexer.ts'
import { decide, type Surroundings } from './decide.ts'
import type { Edit, Mention } from './mention.ts'
import type { Moves } from './moves.ts'

/** Commands of psql whose argument is a relation or a pattern of names (psql manual, Meta-Commands). */
const describing = /^\\(?:d[tvmsiEpCP]*[S+]*|dp|z|sv[+]?|ev|copy)[ \t]+/

/**
 * The edits of a command of psql that names a relation: `\d users`, `\copy users from …`. A pattern with wild cards is no
 * name, and told when it could mean one.
 */
export function rewriteCommand(
  line: string,
  moves: Moves,
  around: Surroundings,
): { edits: Edit[]; mentions: Mention[] } {
  const command = describing.exec(line)
  if (command === null) return { edits: [], mentions: [] }
  const from = command[0].length
  const argument = /^(?:"(?:[^"]|"")*"|[^\s"(])+/.exec(line.slice(from))?.[0] ?? ''
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
