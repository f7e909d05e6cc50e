import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'

/** Where constants of a statement are plainly values, by the bytes at which they begin, with what they are. */
export type Labels = ReadonlyMap<number, Label>

export interface Label {
  /** compared: nothing else comes of it; stored: it is kept or given back as it is; given: to a function. */
  readonly as: 'compared' | 'stored' | 'given'
  /** The function that it is given to, and what its value is for. */
  readonly to?: string
}

/**
 * Strings that are compared with something, or are a key of JSON, and strings that a statement stores or gives back. A
 * table’s name without its schema is the same before and after a move, so that such a string stays right.
 */
export function labelsIn(statement: Node): Labels {
  const found = new Map<number, Label>()
  visit(statement, undefined, found)
  return found
}

function visit(value: unknown, as: Label | undefined, found: Map<number, Label>): void {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) visit(item, as, found)
    return
  }
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  if (tag === 'A_Const') {
    // A 0 is left out of the tree, but no statement begins with a string.
    if (as !== undefined && typeof body['location'] === 'number') found.set(body['location'], as)
    return
  }
  for (const [key, inner] of Object.entries(body)) visit(inner, placeOf(tag, key, body, as), found)
}

const compared: Label = { as: 'compared' }
const stored: Label = { as: 'stored' }

/** What a function is given that keeps it as it is, it is for what that is for. */
function givenTo(name: string, as: Label | undefined): Label | undefined {
  if (plain.test(name)) return as
  return as?.as === 'given' ? undefined : { as: 'given', to: name }
}

/** Types whose text is a name: what is cast to one is found by it. */
const names = /^reg[a-z]+$/
/** Functions that give back what they are given, or a part of it, or something that is no name. */
const plain =
  /^(?:coalesce|nullif|lower|upper|initcap|btrim|ltrim|rtrim|trim|length|char_length|left|right|substr|substring|strpos|position|replace|concat|concat_ws|format|lpad|rpad|md5|to_char|to_date|to_number|quote_literal|quote_nullable|string_agg|array_agg|array_append|array_position|array_to_string|string_to_array|unnest|json_agg|jsonb_agg|jsonb?_build_(?:object|array)|jsonb?_object|jsonb?_object_agg|jsonb?_extract_path(?:_text)?|jsonb_set|to_jsonb?|row_to_json|pg_notify|current_setting|date_trunc|date_part|extract|encode|decode|digest|greatest|least|min|max|starts_with|split_part|regexp_\w+)$/
const comparing =
  /^(?:=|<>|!=|<|>|<=|>=|~|~\*|!~|!~\*|~~|~~\*|!~~|!~~\*|->|->>|#>|#>>|\?|\?\||\?&|@>|<@|@@|-)$/

function placeOf(tag: string, key: string, body: Node, as: Label | undefined): Label | undefined {
  switch (tag) {
    case 'A_Expr': {
      const isList =
        /^AEXPR_(?:IN|LIKE|ILIKE|SIMILAR|OP_ANY|OP_ALL|DISTINCT|NOT_DISTINCT|BETWEEN\w*|NULLIF)$/.test(
          text(body['kind']) ?? '',
        )
      if (isList || comparing.test(words(body['name']).at(-1) ?? ''))
        return isOfCatalog(body['lexpr']) || isOfCatalog(body['rexpr']) ? undefined : compared
      return as
    }
    case 'CaseExpr':
      return key === 'arg' ? compared : as
    case 'CaseWhen':
      return key === 'expr' ? compared : as
    case 'TypeCast':
      return names.test(isNode(body['typeName']) ? (words(body['typeName']['names']).at(-1) ?? '') : '')
        ? undefined
        : as
    case 'FuncCall':
      return givenTo(words(body['funcname']).at(-1) ?? '', as)
    case 'ResTarget':
      return key === 'val' ? stored : undefined
    case 'InsertStmt':
      return stored
    case 'SubLink':
      return key === 'testexpr' ? compared : undefined
    case 'RangeFunction':
    case 'DefElem':
      return undefined
    default:
      return as
  }
}

/** Columns of the catalogs that hold names of relations, by which these are found, and values that are regclass. */
function isOfCatalog(value: unknown): boolean {
  const [tag, body] = isNode(value) ? untag(value) : ['', {}]
  if (tag === 'TypeCast')
    return (
      names.test(isNode(body['typeName']) ? (words(body['typeName']['names']).at(-1) ?? '') : '') ||
      isOfCatalog(body['arg'])
    )
  if (tag === 'FuncCall') return list(body['args']).some(isOfCatalog)
  return (
    tag === 'ColumnRef' &&
    /^(?:relname|relid|tableoid|attrelid|tablename|table_name|viewname|sequencename|sequence_name|indexname|matviewname|event_object_table)$/.test(
      words(body['fields']).at(-1) ?? '',
    )
  )
}
