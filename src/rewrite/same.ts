import { isMark, isName, lex } from '../sql/lexer.ts'
import type { Statement } from '../sql/parser.ts'
import { isNode, list, text, untag } from '../sql/tree.ts'
import type { Moves } from './moves.ts'

/** Whether two texts are the same statements but for the schemas of what moves. */
export function isSameBut(before: readonly Statement[], after: readonly Statement[], moves: Moves): boolean {
  const plain = (statements: readonly Statement[]): string =>
    JSON.stringify(statements.map(({ tree }) => stripped(tree, moves)))
  return plain(before) === plain(after)
}

/** A tree without places, and without the schema of whatever is called like something that moves. */
function stripped(value: unknown, moves: Moves): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => stripped(item, moves))
    return isQualifiedName(value)
      ? items.filter((_item, index) => !isSchema(value[index], moves, index, value))
      : items
  }
  if (!isNode(value)) return typeof value === 'string' ? withoutSchemas(value, moves) : value
  // The body of a function was compared by itself.
  if (value['defname'] === 'as') return 'a body'
  const schema = text(value['newschema'])
  if (schema !== undefined && (moves.sources.has(schema) || moves.targets.has(schema)))
    return stripped({ ...value, newschema: null }, moves)
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, inner]) =>
          !isPlace(key) &&
          !(key === 'schemaname' && moves.names.has(text(value['relname']) ?? '') && inner !== ''),
      )
      .map(([key, inner]) => [key, stripped(inner, moves)]),
  )
}

function isPlace(key: string): boolean {
  return /(?:location|list_start|list_end|stmt_len)$/.test(key)
}

function isQualifiedName(items: readonly unknown[]): boolean {
  return (
    items.length > 0 && items.every((item) => isNode(item) && ['String', 'A_Star'].includes(untag(item)[0]))
  )
}

/** In a list of words the one before a name that moves is its schema. */
function isSchema(item: unknown, moves: Moves, index: number, all: readonly unknown[]): boolean {
  const word = (at: number): string | undefined => {
    const node = list(all)[at]
    return isNode(node) ? text(untag(node)[1]['sval']) : undefined
  }
  const next = word(index + 1)
  return isNode(item) && next !== undefined && moves.names.has(next)
}

/** Strings that are names lose their schema as well. */
function withoutSchemas(value: string, moves: Moves): string {
  const tokens = lex(value)
  const name = tokens.at(-1)
  const isDotted = tokens.every((token, index) => (index % 2 === 0 ? isName(token) : isMark(token, '.')))
  if (name !== undefined && isDotted && moves.names.has(name.value)) return name.value
  // SQL in a string was compared by itself.
  return tokens.some((token) => isName(token) && moves.names.has(token.value)) ? 'a text' : value
}
