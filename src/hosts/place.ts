import type { Node } from 'web-tree-sitter'
import { passedThrough, pieceNames, tableNames } from './callers.ts'
import type { Language } from './language.ts'
import { placeByAnnotation, placeByCall, type Calls } from './place-by-name.ts'
import { schemaBeside, type WrittenSchema } from './schema-beside.ts'

/** What a program does with a string, as far as its place in the code tells. */
export interface Place {
  readonly kind:
    | 'database' // given to what runs SQL
    | 'piece' // given to what puts SQL together
    | 'table' // given to what takes the name of a table, or kept where an ORM looks for one
    | 'dotted' // given to a builder that takes the name of a table with its schema, or a join
    | 'mapping' // in an annotation of an ORM
    | 'annotation' // in another
    | 'other' // given to what takes no name of a table, such as an address of the web
    | 'jpql' // in a language of entities, not of tables
    | 'prose' // written for people
    | 'key'
    | 'elsewhere'
  /** The name of the function, variable or annotation. */
  readonly by: string
  /** The schema that is written beside the name of a table. */
  readonly schema?: WrittenSchema
}

const elsewhere: Place = { kind: 'elsewhere', by: '' }

/** Nodes that only stand around an expression, or list several. */
const around =
  /^(?:parenthesized_\w+|argument|value_argument|expression_list|as_expression|satisfies_expression|await\w*|conditional\w*|ternary\w*|if_expression|object|dictionary|hash|array|list|tuple|set|array_creation_expression|array_element_initializer|element_value_array_initializer|array_initializer|new_expression|spread_element|annotation_argument_list|chained_string|concatenated_string|non_null_expression|collection_literal|literal_value|composite_literal|literal_element|keyed_element|keywords|attribute_argument|argument_expression|reference_expression|unary_operator|implicit_array_creation_expression|initializer_expression|array_expression|vec)$/
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
export function placeOf(root: Node, source: string, language: Language, calls: Calls): Place {
  const tag = root.type === 'template_string' ? tagBefore(source, root.startIndex) : undefined
  const tagged = tag === undefined ? undefined : placeByCall(tag, tag, false, calls)
  if (tagged?.kind === 'database') return tagged
  let key = ''
  let container: Node | undefined
  let node = language.name === 'Ruby' && root.type === 'heredoc_body' ? heredocBeginning(root) : root
  for (let parent = node.parent; parent !== null; parent = node.parent) {
    const { type } = parent
    if (isAttribute(parent)) return placeInAnnotation(parent, source)
    if (isArgumentList(parent) && !isAnnotation(parent.parent!) && !isAttribute(parent.parent!)) {
      if (isAnnotation(parent.parent!.parent ?? parent))
        return placeInAnnotation(parent.parent!.parent!, source)
      const written = calleeOf(parent, source)
      const by = /[\w$]+$/.exec(written)?.[0] ?? ''
      if (!passedThrough.test(by)) {
        const call = parent.parent!
        const place = placeByCall(by, written, isError(call), calls)
        return key !== '' && place.kind !== 'database' && place.kind !== 'prose'
          ? placeByKey(key, place, call, source)
          : withSchema(place, by === 'schema' ? (call.parent ?? call) : call, source)
      }
      node = parent.parent!
      continue
    }
    if (isAnnotation(parent)) return placeInAnnotation(parent, source)
    if (indexed.test(type) && parent.firstNamedChild?.id !== node.id)
      return parent.firstNamedChild?.text === 'DB' ? { kind: 'table', by: 'DB' } : { kind: 'key', by: '' }
    if (named.test(type)) {
      if (parent.firstNamedChild?.id === node.id) return { kind: 'key', by: '' }
      container = parent.parent ?? undefined
      key = /[\w$]+/.exec(parent.firstNamedChild?.text ?? '')?.[0] ?? ''
      node = parent
      continue
    }
    if (assigned.test(type)) {
      const by = key === '' ? assignedName(source, node.startIndex) : key
      if (by === 'table_name' && calls.isDotted(by)) return { kind: 'dotted', by }
      if (tableNames.test(by))
        return withSchema({ kind: 'table', by }, container ?? classAround(parent), source)
      return inAnnotation(parent, source) ?? { kind: pieceNames.test(by) ? 'piece' : 'elsewhere', by }
    }
    if (type === 'expression_statement' && root.type === 'string' && root.namedChildCount === 3)
      return { kind: 'prose', by: 'a docstring' }
    if (type === 'return_statement' || type === 'jump_expression') {
      const by = functionAround(parent)
      return tableFunctions.test(by)
        ? withSchema({ kind: 'table', by }, classAround(parent), source)
        : (keyed(key) ?? elsewhere)
    }
    if (/^(?:raise|throw)/.test(type)) return { kind: 'prose', by: 'an error' }
    if (accessed.test(type) && parent.firstNamedChild?.id !== node.id) return elsewhere
    if (language.joins.nodes.has(type) && parent.children.some(({ type: of }) => comparisons.has(of)))
      return elsewhere
    if (statements.test(type) && !around.test(type)) return keyed(key) ?? elsewhere
    node = parent
  }
  return keyed(key) ?? elsewhere
}

const comparisons = new Set(['==', '!=', '===', '!==', '<', '>', '<>'])

/** A name that is given by a keyword: `table="users"`. */
function keyed(by: string): Place | undefined {
  if (tableNames.test(by)) return { kind: 'table', by }
  return pieceNames.test(by) ? { kind: 'piece', by } : undefined
}

function placeByKey(key: string, place: Place, call: Node, source: string): Place {
  return withSchema(keyed(key) ?? (place.kind === 'table' ? place : elsewhere), call, source)
}

function withSchema(place: Place, around: Node | undefined, source: string): Place {
  if ((place.kind !== 'table' && place.kind !== 'mapping') || around === undefined) return place
  const schema = schemaBeside(source, around.startIndex, around.endIndex)
  return schema === undefined ? place : { ...place, schema }
}

function placeInAnnotation(annotation: Node, source: string): Place {
  const written = source.slice(annotation.startIndex, annotation.endIndex)
  return withSchema(placeByAnnotation(written), annotation, source)
}

function classAround(node: Node): Node | undefined {
  for (let at: Node | null = node; at !== null; at = at.parent)
    if (/class|object_declaration|struct|model|^module$/.test(at.type) && at.parent !== null) return at
  return undefined
}

function isError(call: Node): boolean {
  return /^(?:throw|raise)/.test(call.parent?.type ?? '')
}

/** Also of a macro of Rust. */
function isArgumentList({ type, parent }: Node): boolean {
  return argumentLists.test(type) || (type === 'token_tree' && parent?.type === 'macro_invocation')
}

/** One of those in the brackets of C# and Rust. */
function isAttribute({ type, parent }: Node): boolean {
  return type === 'attribute' && parent !== null && /^attribute_(?:list|item|group)$/.test(parent.type)
}

function isAnnotation({ type }: Node): boolean {
  return /^(?:annotation|decorator|attribute_group|attribute_list|attribute_item|marker_annotation)$/.test(
    type,
  )
}

function inAnnotation(node: Node, source: string): Place | undefined {
  for (let at: Node | null = node; at !== null && !statements.test(at.type); at = at.parent)
    if (isAnnotation(at)) return placeInAnnotation(at, source)
  return undefined
}

/** Of GORM and others: a method that says which table a class is kept in. */
const tableFunctions = /^(?:get_?)?table_?(?:name)?$/i

function functionAround(node: Node): string {
  for (let at: Node | null = node; at !== null; at = at.parent) {
    if (/function|method/.test(at.type)) return at.childForFieldName('name')?.text ?? ''
  }
  return ''
}

/** What stands before the arguments, without types and marks: `cur.execute(` → `cur.execute`. */
function calleeOf(list: Node, source: string): string {
  const call = list.parent!
  const from = Math.max(call.startIndex, list.startIndex - 200)
  const written = source.slice(from, list.startIndex).replace(/(?:<[^()]*>|\?\.|!)\s*$/, '')
  return written.replace(/[^\w$]+$/, '')
}

/** ``sql`…` `` and ``prisma.$queryRaw<User[]>`…` ``, of which the grammar makes nothing. */
function tagBefore(source: string, start: number): string | undefined {
  return /([\w$]+)(?:<[^`;(){}]*>)?\s*$/.exec(source.slice(Math.max(0, start - 120), start))?.[1]
}

function assignedName(source: string, start: number): string {
  const before = source.slice(Math.max(0, start - 160), start)
  return (
    /([\w$]+)["'\]]?\s*(?::[ \t]*[\w<>[\]?., |]+)?\s*(?::=|\|\|=|\+=|<<|=>|=|:)\s*[(\s]*$/.exec(
      before,
    )?.[1] ?? ''
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
