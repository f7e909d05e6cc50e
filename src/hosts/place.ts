import type { Node } from 'web-tree-sitter'
import { databaseCalls, jpqlCalls, passedThrough, proseCalls, tableCalls, tableNames } from './callers.ts'
import type { Language } from './language.ts'

/** What a program does with a string, as far as its place in the code tells. */
export interface Place {
  readonly kind:
    | 'database' // given to what runs SQL
    | 'table' // given to what takes the name of a table, or kept where an ORM looks for one
    | 'mapping' // in an annotation
    | 'jpql' // in a language of entities, not of tables
    | 'prose' // written for people
    | 'key'
    | 'elsewhere'
  /** The name of the function, variable or annotation. */
  readonly by: string
}

const elsewhere: Place = { kind: 'elsewhere', by: '' }

/** Nodes that only stand around an expression, or list several. */
const around =
  /^(?:parenthesized_\w+|argument|value_argument|expression_list|as_expression|satisfies_expression|await\w*|conditional\w*|ternary\w*|if_expression|object|dictionary|hash|array|list|tuple|set|array_creation_expression|array_element_initializer|element_value_array_initializer|array_initializer|new_expression|spread_element|annotation_argument_list|chained_string|concatenated_string|non_null_expression|collection_literal|literal_value|composite_literal|literal_element|keyed_element)$/
const named = /^(?:keyword_argument|pair|element_value_pair|property_assignment)$/
const accessed =
  /^(?:attribute|member_expression|navigation_expression|selector_expression|field_access|method_reference)$/
const assigned =
  /(?:assignment|declarator|property_declaration|var_declaration|const_spec|var_spec|field_definition|assignment_expression|default_parameter|property_element|const_element|operator_assignment)$/
const indexed =
  /^(?:subscript|subscript_expression|element_reference|index_expression|indexing_expression|array_access)$/
const argumentLists = /^(?:argument_list|arguments|value_arguments|annotation_argument_list)$/
const statements = /(?:_statement|block|body|source_file|program|module|_definition|_declaration)$/

/** What is done with a string; `root` is the outermost of those that are joined. */
export function placeOf(root: Node, source: string, language: Language): Place {
  const tag = root.type === 'template_string' ? tagBefore(source, root.startIndex) : undefined
  if (tag !== undefined && databaseCalls.test(tag)) return { kind: 'database', by: tag }
  let node = language.name === 'Ruby' && root.type === 'heredoc_body' ? heredocBeginning(root) : root
  for (let parent = node.parent; parent !== null; parent = node.parent) {
    const { type } = parent
    if (argumentLists.test(type) && !isAnnotation(parent.parent!)) {
      if (isAnnotation(parent.parent!.parent ?? parent))
        return placeByAnnotation(parent.parent!.parent!, source)
      const by = calleeOf(parent, source)
      if (!passedThrough.test(by)) return placeByCall(by, parent.parent!)
      node = parent.parent!
      continue
    }
    if (isAnnotation(parent)) return placeByAnnotation(parent, source)
    if (indexed.test(type) && parent.firstNamedChild?.id !== node.id)
      return parent.firstNamedChild?.text === 'DB' ? { kind: 'table', by: 'DB' } : { kind: 'key', by: '' }
    if (named.test(type)) {
      if (parent.firstNamedChild?.id === node.id) return { kind: 'key', by: '' }
      node = parent
      continue
    }
    if (assigned.test(type)) {
      const by = assignedName(source, node.startIndex)
      if (tableNames.test(by)) return { kind: 'table', by }
      return inAnnotation(parent, source) ?? { kind: 'elsewhere', by }
    }
    if (type === 'expression_statement' && root.type === 'string' && root.namedChildCount === 3)
      return { kind: 'prose', by: 'a docstring' }
    if (type === 'return_statement' || type === 'jump_expression') {
      const by = functionAround(parent)
      return tableFunctions.test(by) ? { kind: 'table', by } : elsewhere
    }
    if (/^(?:raise|throw)/.test(type)) return { kind: 'prose', by: 'an error' }
    if (accessed.test(type) && parent.firstNamedChild?.id !== node.id) return elsewhere
    if (language.joins.nodes.has(type) && parent.children.some(({ type: of }) => comparisons.has(of)))
      return elsewhere
    if (statements.test(type) && !around.test(type)) return elsewhere
    node = parent
  }
  return elsewhere
}

const comparisons = new Set(['==', '!=', '===', '!==', '<', '>', '<>'])

function placeByCall(by: string, call: Node): Place {
  if (jpqlCalls.test(by)) return { kind: 'jpql', by }
  if (databaseCalls.test(by)) return { kind: 'database', by }
  if (tableCalls.test(by)) return { kind: 'table', by }
  const isError = /^(?:throw|raise)/.test(call.parent?.type ?? '') || /(?:Error|Exception|Warning)$/.test(by)
  return proseCalls.test(by) || isError ? { kind: 'prose', by } : { kind: 'elsewhere', by }
}

function isAnnotation({ type }: Node): boolean {
  return /^(?:annotation|decorator|attribute_group|attribute_list|marker_annotation)$/.test(type)
}

function inAnnotation(node: Node, source: string): Place | undefined {
  for (let at: Node | null = node; at !== null && !statements.test(at.type); at = at.parent)
    if (isAnnotation(at)) return placeByAnnotation(at, source)
  return undefined
}

function placeByAnnotation(annotation: Node, source: string): Place {
  const written = source.slice(annotation.startIndex, annotation.endIndex)
  const by = /[\w.]+/.exec(written)?.[0] ?? ''
  if (/^(?:Native|SqlQuery|SqlUpdate|SqlBatch|Select|Insert|Update|Delete)/.test(by))
    return { kind: 'database', by: `@${by}` }
  if (!/Query/.test(by)) return { kind: 'mapping', by: `@${by}` }
  return { kind: /nativeQuery\s*=\s*true/.test(written) ? 'database' : 'jpql', by: `@${by}` }
}

/** Of GORM and others: a method that says which table a class is kept in. */
const tableFunctions = /^(?:get_?)?table_?(?:name)?$/i

function functionAround(node: Node): string {
  for (let at: Node | null = node; at !== null; at = at.parent) {
    if (/function|method/.test(at.type)) return at.childForFieldName('name')?.text ?? ''
  }
  return ''
}

/** The last name before the arguments: `cur.execute(` → execute. */
function calleeOf(list: Node, source: string): string {
  const call = list.parent!
  const from = Math.max(call.startIndex, list.startIndex - 200)
  const written = source.slice(from, list.startIndex).replace(/(?:<[^()]*>|\?\.|!)\s*$/, '')
  return /([\w$]+)[^\w$]*$/.exec(written)?.[1] ?? ''
}

/** ``sql`…` `` and ``prisma.$queryRaw<User[]>`…` ``, of which the grammar makes nothing. */
function tagBefore(source: string, start: number): string | undefined {
  return /([\w$]+)(?:<[^`;(){}]*>)?\s*$/.exec(source.slice(Math.max(0, start - 120), start))?.[1]
}

function assignedName(source: string, start: number): string {
  const before = source.slice(Math.max(0, start - 160), start)
  return (
    /([\w$]+)["'\]]?\s*(?::\s*[\w<>[\]?., |]+)?\s*(?::=|\|\|=|\+=|<<|=>|=|:)\s*[(\s]*$/.exec(before)?.[1] ??
    ''
  )
}

/** The body of a here-document stands behind the statement that it is in. */
function heredocBeginning(body: Node): Node {
  const beginnings = body.parent?.descendantsOfType('heredoc_beginning') ?? []
  const before = beginnings.filter((each) => each.startIndex < body.startIndex)
  const bodies = body.parent?.children.filter((each) => each.type === 'heredoc_body') ?? []
  const after = bodies.filter((each) => each.startIndex >= body.startIndex).length
  return before.at(-after) ?? body
}
