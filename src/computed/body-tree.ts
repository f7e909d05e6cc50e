import { isNode, text, type Node } from '../sql/tree.ts'

/** What a tagged node of the tree holds. */
export function inner(value: unknown): Node {
  const [body] = isNode(value) ? Object.values(value) : []
  return isNode(body) ? body : {}
}

export function queryOf(expression: unknown): string {
  return text(inner(expression)['query']) ?? ''
}

/** Counted from 1; what stands in the first is not told. */
export function lineOf(body: Node): number {
  return typeof body['lineno'] === 'number' ? body['lineno'] : 1
}

/** The variables that statements give a value to. */
export function assignedIn(value: unknown, names: readonly (string | undefined)[]): string[] {
  if (Array.isArray(value)) return (value as unknown[]).flatMap((item) => assignedIn(item, names))
  if (!isNode(value)) return []
  const own = isNode(value['PLpgSQL_stmt_assign'])
    ? names[Number(value['PLpgSQL_stmt_assign']['varno'] ?? 0)]
    : undefined
  return [
    ...(own === undefined ? [] : [own]),
    ...Object.values(value).flatMap((item) => assignedIn(item, names)),
  ]
}
