import { ident } from '../pg/quoting.ts'
import { isMark, isName, lex } from '../sql/lexer.ts'
import { decide } from './decide.ts'
import { rewriteString } from './body.ts'
import { merge, namesSomething, shifted, undecided, type Context, type Outcome } from './context.ts'
import { dottedName } from './literal.ts'
import { qualify } from './mention.ts'
import type { Moves } from './moves.ts'
import { rewriteSql } from './rewrite.ts'

/** Commands of psql whose argument is a relation or a pattern of names (psql manual, Meta-Commands). */
const describing = /^\\(?:d[tvmsiEpCP]*[S+]*|dp|z|sv[+]?|ev|copy)[ \t]+/

/**
 * The edits of a command of psql that names a relation: `\d users`, `\copy users from …`. A pattern with wild cards is no
 * name, and told when it could mean one.
 */
export function rewriteCommand(context: Context, line: string): Outcome {
  const { moves, around } = context
  const query = /^\\copy[ \t]+(?=\()/.exec(line)
  if (query !== null) return rewriteCopied(context, line, query[0].length)
  const variable = /^\\set[ \t]+\w+[ \t]+/.exec(line)
  if (variable !== null) return rewriteVariable(context, line, variable[0].length)
  const command = describing.exec(line)
  if (command === null) return other(line, moves)
  const from = command[0].length
  const argument = /^(?:"(?:[^"]|"")*"|[^\s"(;])+/.exec(line.slice(from))?.[0] ?? ''
  if (/[*?]/.test(argument)) return rewritePattern(context, argument, from)
  const tokens = dottedName(argument, 'relation')
  const words = tokens.filter(isName).map(({ value }) => value)
  const name = tokens.at(-1)
  if (name === undefined) return { edits: [], mentions: [] }
  const decision = decide({ class: 'relation', words, hidden: new Set(), at: { search: [] } }, moves, around)
  if (decision.kind === 'other') return { edits: [], mentions: [] }
  const mention = { name: name.value, start: from + name.start, end: from + name.end }
  if (decision.kind !== 'rewrite') {
    const kind = decision.kind === 'keep' ? 'kept' : 'undecided'
    return { edits: [], mentions: [{ ...mention, kind, reason: decision.reason }] }
  }
  const schema = tokens.at(-3)
  const edit = qualify(
    mention,
    schema && { start: from + schema.start, end: from + schema.end },
    decision.target,
  )
  return { edits: [edit], mentions: [{ ...mention, kind: 'rewritten', reason: '' }] }
}

/** `\copy (select …) to …`: the query is what COPY would be given. */
function rewriteCopied(context: Context, line: string, from: number): Outcome {
  let depth = 0
  const end = lex(line.slice(from)).find((token) => {
    depth += isMark(token, '(') ? 1 : isMark(token, ')') ? -1 : 0
    return depth === 0
  })
  const head = 'copy '
  const shift = from - head.length
  const sql = `${head}${line.slice(from, from + (end?.end ?? line.length))} to stdout`
  return shifted(rewriteSql(context, sql), shift)
}

/** A variable that holds SQL: `\set query 'select …'`. Anything else with a name that moves is told. */
function rewriteVariable(context: Context, line: string, from: number): Outcome {
  const outcomes = lex(line.slice(from)).flatMap((token): Outcome[] => {
    const here = { ...token, start: token.start + from, end: token.end + from }
    if (token.kind !== 'string') {
      return isName(token) && context.moves.names.has(token.value)
        ? [undecided(here, 'a variable of psql')]
        : []
    }
    const found = rewriteString(context, line, here, rewriteSql)
    if (found !== undefined) return [found]
    const inner = line.slice(here.start + 1, here.end - 1)
    return namesSomething(inner, context.moves) ? [undecided(here, 'a variable of psql')] : []
  })
  return merge(outcomes)
}

/** A pattern of names shows what moves, and nothing else, where all that it could mean here goes to one schema. */
function rewritePattern({ moves, around }: Context, pattern: string, from: number): Outcome {
  const [own, schema] = pattern.split('.').toReversed()
  const written = own!.toLowerCase().replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  const matcher = new RegExp(`^${written.replaceAll('*', '.*').replaceAll('?', '.')}$`)
  const sources = schema === undefined ? around.path : [schema]
  const targets = new Set(
    [...moves.names]
      .filter((name) => matcher.test(name))
      .flatMap((name) => sources.flatMap((source) => moves.find('relation', source, name)?.target ?? [])),
  )
  const place = { start: from, end: from + pattern.length }
  if (targets.size === 0) return { edits: [], mentions: [] }
  if (targets.size > 1 || /["|]/.test(pattern))
    return undecided(place, 'a pattern of names in several schemas')
  const end = schema === undefined ? from : from + schema.length + 1
  return {
    edits: [{ start: from, end, text: `${ident([...targets][0]!)}.` }],
    mentions: [{ kind: 'rewritten', name: pattern, ...place, reason: 'a pattern of names' }],
  }
}

/** Commands that take something else than names, perhaps one of the shell. What is only printed does not matter. */
function other(line: string, moves: Moves): Outcome {
  const end = line.length
  const words = line.replaceAll(/['"`]/g, ' ')
  return !/^\\(?:q?echo|warn|prompt)\b/.test(line) && namesSomething(words, moves)
    ? undecided({ start: 0, end }, 'a command of psql')
    : { edits: [], mentions: [] }
}
