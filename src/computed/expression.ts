import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import {
  formatted,
  quoteIdent,
  quoteLiteral,
  textOf,
  unknownPart,
  type Standing,
  type Value,
} from './value.ts'

/** What is known where an expression stands. */
export interface Knowledge {
  readonly standing: Standing
  /** Variables of the function by name, with each value that they may have. */
  readonly variables: ReadonlyMap<string, readonly Value[]>
}

/** More ways than these are not followed. */
const most = 16

/** So that no value is passed over; what is the same is not united, as it may differ at another time of the move. */
export function limited(values: readonly Value[]): readonly Value[] {
  return values.length <= most ? values : [undefined]
}

/** Every value that an expression may have; one that cannot be told is undefined. */
export function evaluate(node: unknown, knowledge: Knowledge): readonly Value[] {
  if (!isNode(node)) return [undefined]
  const [tag, body] = untag(node)
  return kinds[tag]?.(body, knowledge) ?? [undefined]
}

type Kind = (body: Node, knowledge: Knowledge) => readonly Value[]

const kinds: Readonly<Record<string, Kind | undefined>> = {
  A_Const: (body) => {
    const constant = isNode(body['sval']) ? (text(body['sval']['sval']) ?? '') : undefined
    return [constant === undefined ? undefined : asText(constant)]
  },
  ColumnRef: (body, knowledge) => {
    const [name, ...more] = words(body['fields'])
    return name === undefined || more.length > 0 ? [undefined] : variable(name, knowledge)
  },
  A_Indirection: (body, knowledge) => {
    const index = list(body['indirection']).map((each) => subscript(each))
    return all([evaluate(body['arg'], knowledge)], ([array]) =>
      array?.is === 'list' && index.length === 1 && index[0] !== undefined
        ? asText(array.items[index[0]] ?? unknownPart)
        : undefined,
    )
  },
  TypeCast: (body, knowledge) => {
    const type = isNode(body['typeName']) ? (words(body['typeName']['names']).at(-1) ?? '') : ''
    return all([evaluate(body['arg'], knowledge)], ([value]) => cast(value, type, knowledge.standing))
  },
  CoalesceExpr: (body, knowledge) => limited(list(body['args']).flatMap((each) => evaluate(each, knowledge))),
  CaseExpr: (body, knowledge) =>
    limited(
      [
        ...list(body['args']).map((each) => (isNode(each) ? untag(each)[1]['result'] : undefined)),
        body['defresult'],
      ].flatMap((each) => (each === undefined ? [] : evaluate(each, knowledge))),
    ),
  A_Expr: (body, knowledge) => {
    const operator = words(body['name']).at(-1)
    const sides = [evaluate(body['lexpr'], knowledge), right(body['rexpr'], knowledge)] as const
    const { standing } = knowledge
    if (operator === '||') return all(sides, (both) => joined(both.map((each) => textOf(each, standing))))
    const isEqual = operator === '=' ? true : operator === '<>' ? false : undefined
    if (isEqual === undefined || !['AEXPR_OP', 'AEXPR_IN'].includes(text(body['kind']) ?? ''))
      return [undefined]
    return all(sides, ([left, ...others]) => compared(left, others, isEqual, standing))
  },
  FuncCall: (body, knowledge) => {
    const name = words(body['funcname']).at(-1) ?? ''
    const args = list(body['args']).map((each) => evaluate(each, knowledge))
    return all(args, (values) => called(name, values, knowledge.standing))
  },
}

function right(value: unknown, knowledge: Knowledge): readonly Value[] {
  const items = isNode(value) && untag(value)[0] === 'List' ? list(untag(value)[1]['items']) : undefined
  if (items === undefined) return evaluate(value, knowledge)
  const texts = items
    .map((item) => evaluate(item, knowledge))
    .map(([first]) => (first?.is === 'text' ? first.text : undefined))
  return [texts.includes(undefined) ? undefined : { is: 'list', items: texts as string[] }]
}

function asText(it: string): Value {
  return { is: 'text', text: it }
}

function joined(parts: readonly string[]): Value {
  return asText(parts.join(''))
}

/** Each combination of the values that the parts may have. */
function all(parts: readonly (readonly Value[])[], combine: (values: Value[]) => Value): readonly Value[] {
  let rows: Value[][] = [[]]
  for (const part of parts) {
    rows = rows.flatMap((row) => part.map((value) => [...row, value]))
    if (rows.length > most) return [undefined]
  }
  return rows.map(combine)
}

function variable(name: string, { standing, variables }: Knowledge): readonly Value[] {
  switch (name) {
    case 'tg_relid':
      return [{ is: 'oid' }]
    case 'tg_table_name':
    case 'tg_relname':
      return [asText(standing.name)]
    case 'tg_table_schema':
      return [asText(standing.schema)]
    case 'tg_argv':
      return [{ is: 'list', items: standing.arguments }]
    default:
      return variables.get(name) ?? [undefined]
  }
}

function subscript(value: unknown): number | undefined {
  const [tag, body] = isNode(value) ? untag(value) : ['', {}]
  const constant = tag === 'A_Indices' && isNode(body['uidx']) ? untag(body['uidx'])[1]['ival'] : undefined
  if (!isNode(constant)) return undefined
  // A 0 is left out of the tree.
  return typeof constant['ival'] === 'number' ? constant['ival'] : 0
}

const texts = new Set(['text', 'varchar', 'name', 'bpchar', 'cstring'])

function cast(value: Value, type: string, standing: Standing): Value {
  if (texts.has(type)) return value === undefined ? undefined : asText(textOf(value, standing))
  if (type === 'regclass') {
    if (value?.is === 'oid' || value?.is === 'regclass') return { is: 'regclass' }
    return value?.is === 'text' ? { is: 'found', text: value.text } : value
  }
  const isNumber = type === 'oid' || type.startsWith('int')
  return isNumber && (value?.is === 'oid' || value?.is === 'regclass') ? { is: 'oid' } : undefined
}

function compared(left: Value, [other]: readonly Value[], isEqual: boolean, standing: Standing): Value {
  if (!isWholeText(left) || other === undefined) return undefined
  const value = textOf(left, standing)
  if (other.is === 'list') return { is: 'truth', truth: other.items.includes(value) === isEqual }
  return isWholeText(other)
    ? { is: 'truth', truth: (textOf(other, standing) === value) === isEqual }
    : undefined
}

function isWholeText(value: Value): boolean {
  return value?.is === 'text' && !value.text.includes(unknownPart)
}

/** The functions that make names and SQL out of texts (manual, chapters 9.4 and 9.26). */
function called(name: string, values: readonly Value[], standing: Standing): Value {
  const parts = values.map((value) => textOf(value, standing))
  const [first = '', ...rest] = parts
  switch (name) {
    case 'format': {
      const made = formatted(first, rest)
      return made === undefined ? undefined : asText(made)
    }
    case 'concat':
      return joined(parts)
    case 'concat_ws':
      return joined([rest.join(first)])
    case 'quote_ident':
      return asText(quoteIdent(first))
    case 'quote_literal':
    case 'quote_nullable':
      return asText(quoteLiteral(first))
    case 'lower':
      return asText(first.toLowerCase())
    case 'upper':
      return asText(first.toUpperCase())
    case 'btrim':
      return rest.length === 0 ? asText(first.trim()) : undefined
    case 'replace':
      return rest[0] === undefined || rest[0] === ''
        ? undefined
        : asText(first.replaceAll(rest[0], rest[1] ?? ''))
    case 'regclass':
    case 'to_regclass':
      return cast(values[0], 'regclass', standing)
    case 'text':
      return cast(values[0], 'text', standing)
    default:
      return undefined
  }
}
