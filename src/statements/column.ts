import { bodyOf, list, words, type Node } from '../sql/tree.ts'

/** The words of a column as it is written: `t.id` is t and id. */
export function columnWords(reference: Node): string[] {
  return words(reference['fields'])
}

/** Is it `*` or `t.*`? */
export function hasStar(reference: Node): boolean {
  return list(reference['fields']).some((field) => bodyOf(field, 'A_Star') !== undefined)
}
