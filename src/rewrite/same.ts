import type { Statement } from '../sql/parser.ts'
import { isNode, text, untag } from '../sql/tree.ts'
import { namesSomething } from './context.ts'
import { dottedName } from './literal.ts'
import type { Moves } from './moves.ts'

/** Whether two texts are the same statements but for the schemas of what moves. */
export function isSameBut(before: readonly Statement[], after: readonly Statement[], moves: Moves): boolean {
  return (
    before.length === after.length &&
    before.every(({ tree }, index) => isSame(tree, after[index]!.tree, moves))
  )
}

/** Goes through two trees side by side. Places do not count. */
function isSame(one: unknown, other: unknown, moves: Moves): boolean {
  if (one === other) return true
  if (typeof one === 'string' && typeof other === 'string') return isSameText(one, other, moves)
  if (Array.isArray(one) && Array.isArray(other)) return isSameList(one, other, moves)
  if (!isNode(one) || !isNode(other)) return false
  // The body of a function was compared by itself.
  if (one['defname'] === 'as' && other['defname'] === 'as') return true
  return (
    Object.keys(one).every(
      (key) => isPlace(key) || isSame(one[key], other[key], moves) || isMoved(key, one, other, moves),
    ) && Object.keys(other).every((key) => key in one || isPlace(key) || isMoved(key, one, other, moves))
  )
}

function isPlace(key: string): boolean {
  return (
    key.endsWith('location') || key.endsWith('list_start') || key.endsWith('list_end') || key === 'stmt_len'
  )
}

/** The schema of a relation that moves, or the one that ALTER … SET SCHEMA gives it. */
function isMoved(
  key: string,
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
  moves: Moves,
): boolean {
  if (key === 'schemaname') return moves.names.has(text(one['relname']) ?? '') && text(other[key]) !== ''
  return key === 'newschema' && moves.targets.has(text(other[key]) ?? '')
}

/** Lists of the same length, or names of which one has a schema more. */
function isSameList(one: readonly unknown[], other: readonly unknown[], moves: Moves): boolean {
  if (one.length === other.length && one.every((item, index) => isSame(item, other[index], moves)))
    return true
  const [short, long] = [wordsOf(one), wordsOf(other)]
  if (short === undefined || long === undefined) return false
  const bare = (words: readonly string[]): string =>
    words.filter((_word, index) => !moves.names.has(words[index + 1] ?? '')).join('\0')
  return bare(short) === bare(long)
}

/** A name written as a list; undefined for other lists. */
function wordsOf(items: readonly unknown[]): string[] | undefined {
  const words = items.map((item) => {
    const [tag, body] = isNode(item) ? untag(item) : ['', {}]
    return tag === 'String' ? text(body['sval']) : tag === 'A_Star' ? '*' : undefined
  })
  return words.every((word) => word !== undefined) ? words : undefined
}

/** Strings that are names, but for the schema; SQL in a string was compared by itself. */
function isSameText(one: string, other: string, moves: Moves): boolean {
  const plain = (value: string): string => {
    const name = dottedName(value, 'relation').at(-1)
    if (name !== undefined && moves.names.has(name.value)) return name.value
    return namesSomething(value, moves) ? 'a text' : value
  }
  return plain(one) === plain(other)
}
