/** A node of a parse tree: field names to values, as the server’s own grammar calls them. */
export type Node = Readonly<Record<string, unknown>>

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * What kind of node a value is, and its fields. Most nodes are wrapped (`{ RangeVar: { … } }`); where the grammar allows
 * one kind only, the wrapping is left out, and a relation, an arm of a UNION, or what CALL calls is known by fields it always has.
 */
export function untag(value: Node): readonly [tag: string, body: Node] {
  const keys = Object.keys(value)
  const [only] = keys
  if (keys.length === 1 && only !== undefined && /^[A-Z]/.test(only)) {
    const body = value[only]
    return [only, isNode(body) ? body : {}]
  }
  if ('relname' in value) return ['RangeVar', value]
  if ('limitOption' in value) return ['SelectStmt', value]
  if ('rel' in value && 'onCommit' in value) return ['IntoClause', value]
  if ('names' in value && 'typemod' in value) return ['TypeName', value]
  if ('objname' in value) return ['ObjectWithArgs', value]
  if ('funcname' in value && 'funcformat' in value) return ['FuncCall', value]
  if ('oncommit' in value) return ['CreateStmt', value]
  return ['', value]
}

/** The fields of a node if it is of that kind. */
export function bodyOf(value: unknown, tag: string): Node | undefined {
  if (!isNode(value)) return undefined
  const [found, body] = untag(value)
  return found === tag ? body : undefined
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The words of a name written as a list: `{ List: { items: [{ String: … }] } }` or the items alone. */
export function words(value: unknown): string[] {
  const items = Array.isArray(value) ? value : list(bodyOf(value, 'List')?.['items'])
  return items.flatMap((item) => text(bodyOf(item, 'String')?.['sval']) ?? [])
}
