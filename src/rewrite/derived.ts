import { isNode, list, text, untag, type Node } from '../sql/tree.ts'

/**
 * The names that PostgreSQL gives the indexes and sequences of a new relation where the statement gives none (manual,
 * CREATE TABLE and CREATE INDEX). A number may be added to them when they are taken: that is not known here.
 */
export function derivedNames(table: string, elements: readonly unknown[]): string[] {
  return elements.flatMap((element) => {
    const [tag, body] = isNode(element) ? untag(element) : ['', {}]
    if (tag === 'ColumnDef') return ofColumn(table, body)
    return tag === 'Constraint' ? ofConstraint(table, body, wordsOf(body['keys'])) : []
  })
}

/** The name of the index that CREATE INDEX makes. */
export function indexName(body: Node): string {
  const relation = isNode(body['relation']) ? untag(body['relation'])[1] : {}
  const columns = list(body['indexParams']).map((each) => {
    const param = isNode(each) ? untag(each)[1] : {}
    return text(param['name']) ?? callName(param['expr']) ?? 'expr'
  })
  return text(body['idxname']) ?? `${text(relation['relname']) ?? ''}_${columns.join('_')}_idx`
}

function ofColumn(table: string, body: Node): string[] {
  const column = text(body['colname']) ?? ''
  const constraints = list(body['constraints']).map((each): Node => (isNode(each) ? untag(each)[1] : {}))
  const type = isNode(body['typeName']) ? wordsOf(body['typeName']['names']).at(-1) : undefined
  const isNumbered =
    /^(?:small|big)?serial[248]?$/.test(type ?? '') ||
    constraints.some((constraint) => constraint['contype'] === 'CONSTR_IDENTITY')
  return [
    ...(isNumbered ? [`${table}_${column}_seq`] : []),
    ...constraints.flatMap((constraint) => ofConstraint(table, constraint, [column])),
  ]
}

function ofConstraint(table: string, body: Node, columns: readonly string[]): string[] {
  const own = text(body['conname'])
  switch (body['contype']) {
    case 'CONSTR_PRIMARY':
      return [own ?? `${table}_pkey`]
    case 'CONSTR_UNIQUE':
      return [own ?? `${table}_${columns.join('_')}_key`]
    case 'CONSTR_EXCLUSION':
      return [own ?? `${table}_${columns.join('_')}_excl`]
    default:
      return []
  }
}

function wordsOf(value: unknown): string[] {
  return list(value).flatMap((each) => (isNode(each) ? (text(untag(each)[1]['sval']) ?? []) : []))
}

/** An index on an expression is called by the function at its top. */
function callName(expression: unknown): string | undefined {
  const [tag, body] = isNode(expression) ? untag(expression) : ['', {}]
  return tag === 'FuncCall' ? wordsOf(body['funcname']).at(-1) : undefined
}
