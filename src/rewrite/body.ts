import type { Token } from '../sql/lexer.ts'
import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import { namesSomething, undecided, type Context, type Outcome, type RewriteSql } from './context.ts'
import { after } from './effects.ts'
import { outward, pieceOf } from './pieces.ts'
import { rewritePlpgsql } from './plpgsql-body.ts'

/** A body of a function or of DO in a statement. */
export interface Body {
  readonly language: string
  /** Of a function, its name without a schema. */
  readonly routine: string | undefined
  /** The SET search_path of the function. */
  readonly path: Node | undefined
  readonly token: Token
  /** What the parser has read there. */
  readonly source: string
}

/** The body that a statement holds as a string, if it holds one. */
export function bodyOf(tag: string, node: Node, tokens: readonly Token[]): Body | undefined {
  const options = list(node[tag === 'DoStmt' ? 'args' : 'options']).map((each): Node =>
    isNode(each) ? untag(each)[1] : {},
  )
  const option = (name: string): Node | undefined => options.find(({ defname }) => defname === name)
  const source = option('as')
  if (source === undefined) return undefined
  const argument = source['arg']
  const written = isNode(argument) ? (text(untag(argument)[1]['sval']) ?? words(argument)[0]) : undefined
  if (written === undefined) return undefined
  const token = tokens.find((each) => each.kind === 'string' && holds(tag, each, tokens))
  const language = option('language')?.['arg']
  const name = isNode(language) ? (text(untag(language)[1]['sval']) ?? '') : 'plpgsql'
  const path = options.map(({ arg }) => arg).findLast(isPath)
  return token && { language: name, routine: words(node['funcname']).at(-1), path, token, source: written }
}

function isPath(value: unknown): value is Node {
  const [tag, body] = isNode(value) ? untag(value) : ['', {}]
  return (
    tag === 'VariableSetStmt' &&
    body['name'] === 'search_path' &&
    (body['kind'] === 'VAR_SET_VALUE' || body['kind'] === 'VAR_SET_CURRENT')
  )
}

/** The body is the string behind AS, or in a DO the only one that is not behind LANGUAGE. */
function holds(tag: string, token: Token, tokens: readonly Token[]): boolean {
  const before = tokens[tokens.indexOf(token) - 1]
  if (before?.kind !== 'word') return false
  return tag === 'DoStmt' ? before.value !== 'language' : before.value === 'as'
}

/** Rewrites a body, in the text that its string stands in. */
export function rewriteBody(
  outer: Context,
  statement: string,
  outerText: string,
  { language, routine, path, token, source }: Body,
  rewriteSql: RewriteSql,
): Outcome {
  // FROM CURRENT keeps for the function what the script has set.
  const isSet = path !== undefined && untag(path)[1]['kind'] === 'VAR_SET_VALUE'
  const own = isSet ? { ...outer, around: after(path, outer.around, outer.around) } : outer
  const piece = pieceOf(outerText, token)
  // One in several parts is not read, nor is one with escapes that only the server knows.
  if (piece?.text !== source) return undecided(token, 'a body in a string of this form')
  if (language !== 'sql' && language !== 'plpgsql') return undecided(token, `a body in ${language}`)
  const read = (context: Context): Outcome =>
    language === 'sql'
      ? rewriteSql(context, piece.text)
      : rewritePlpgsql(context, statement, piece.text, rewriteSql)
  const found =
    routine === undefined ? read(own) : asCalled(withTransitions(own, routine), path === undefined, read)
  if (found.problem !== undefined) return undecided(token, found.problem)
  return outward([piece], found.edits, found.mentions) ?? undecided(token, 'its string')
}

/**
 * A function is run later, by the search_path of whoever calls it. What the script has set counts only as far as both say the
 * same; an empty path, which pg_dump sets, says nothing of it.
 */
function asCalled(context: Context, isOpen: boolean, read: (context: Context) => Outcome): Outcome {
  const { around, initial } = context
  if (!isOpen || initial === undefined || around.isPathWritten !== true) return read(context)
  const { path, isPathWritten = false } = initial
  const called = read({ ...context, around: { ...around, path, isPathWritten } })
  return around.path.length === 0 ? called : agreed(read(context), called)
}

function agreed(made: Outcome, called: Outcome): Outcome {
  if (made.problem !== undefined || called.problem !== undefined) return made
  const same = new Set(called.edits.map((edit) => JSON.stringify(edit)))
  const kinds = new Map(called.mentions.map(({ start, kind }) => [start, kind]))
  return {
    edits: made.edits.filter((edit) => same.has(JSON.stringify(edit))),
    mentions: made.mentions.map((mention) =>
      kinds.get(mention.start) === mention.kind
        ? mention
        : {
            ...mention,
            kind: 'undecided',
            reason: 'the search_path of the script gives it another meaning than that of who calls',
          },
    ),
  }
}

/** In a trigger function its transition tables are found before all others. */
function withTransitions(context: Context, routine: string): Context {
  const { around } = context
  const names = around.transitions?.(routine) ?? []
  return { ...context, around: { ...around, temporary: new Set([...around.temporary, ...names]) } }
}

/** Rewrites a string that is SQL; undefined for one that is not, or that nothing moves in. */
export function rewriteString(
  context: Context,
  outerText: string,
  token: Token,
  rewriteSql: RewriteSql,
): Outcome | undefined {
  const piece = pieceOf(outerText, token)
  if (piece === undefined || !namesSomething(piece.text, context.moves)) return undefined
  const found = rewriteSql(context, piece.text)
  return found.problem === undefined ? outward([piece], found.edits, found.mentions) : undefined
}
