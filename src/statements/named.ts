import { bodyOf, isNode, text, words, type Node } from '../sql/tree.ts'
import { parseName } from './names.ts'
import type { Visit } from './walk.ts'

type Name = readonly [schema: string | undefined, name: string | undefined]

/** Names by which a node may mean something that belongs to a table: a sequence or an index, which share its kind of name. */
export function relationsNamed(
  { tag, body }: Visit,
  kind: 'OBJECT_SEQUENCE' | 'OBJECT_INDEX',
): readonly Name[] {
  switch (tag) {
    case 'RangeVar':
      return [[text(body['schemaname']), text(body['relname'])]]
    case 'CommentStmt':
      return body['objtype'] === kind ? [lastTwo(words(body['object']))] : []
    case 'TypeCast':
      return isRegclass(body) ? [writtenName(body['arg'])] : []
    default:
      return []
  }
}

/** Schema and name in a constant. */
export function writtenName(value: unknown): Name {
  return lastTwo(parseName(constant(value) ?? ''))
}

/** A text constant, also under a cast. */
export function constant(value: unknown): string | undefined {
  const cast = bodyOf(value, 'TypeCast')
  if (cast !== undefined) return constant(cast['arg'])
  const found = bodyOf(value, 'A_Const')?.['sval']
  return isNode(found) ? text(found['sval']) : undefined
}

function isRegclass({ typeName }: Node): boolean {
  return isNode(typeName) && words(typeName['names']).at(-1) === 'regclass'
}

function lastTwo(name: readonly string[]): Name {
  return [name.at(-2), name.at(-1)]
}
