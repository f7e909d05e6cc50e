import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import { regArgument } from '../rewrite/reg.ts'
import { evaluate, type Knowledge } from './expression.ts'
import type { Happening } from './happening.ts'
import type { Value } from './value.ts'

type Found = Pick<Happening, 'kind' | 'values'>

/** What a parsed expression or statement does with the texts and OIDs that are known in it. */
export function usesIn(tree: Node, knowledge: Knowledge): Found[] {
  return [...lookups(tree, knowledge), ...others(tree, { knowledge, storing: false })]
}

/** Texts that are made a regclass, by a cast or as the argument of a function. */
export function* lookups(value: unknown, knowledge: Knowledge): Generator<Found> {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) yield* lookups(item, knowledge)
    return
  }
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  const name = nameArgument(tag, body)
  // A constant is told of where it stands.
  if (name !== undefined && !isConstant(name)) {
    const values = evaluate(name, knowledge)
    if (values.some((each) => each?.is === 'text')) yield { kind: 'found', values }
  }
  for (const inner of Object.values(body)) yield* lookups(inner, knowledge)
}

/** What is made a regclass: the value of a cast, or the argument of a function that takes one. */
export function nameArgument(tag: string, body: Node): unknown {
  if (tag === 'TypeCast') {
    const type = isNode(body['typeName']) ? words(body['typeName']['names']).at(-1) : undefined
    return type === 'regclass' ? body['arg'] : undefined
  }
  if (tag !== 'FuncCall') return undefined
  const args = list(body['args'])
  const name = words(body['funcname']).at(-1) ?? ''
  const of = name === 'regclass' ? { index: 0, of: 'relation' } : regArgument(name, args.length)
  return of?.of === 'relation' ? args[of.index] : undefined
}

function isConstant(value: unknown): boolean {
  const [tag, body] = isNode(value) ? untag(value) : ['', {}]
  return tag === 'A_Const' || (tag === 'TypeCast' && isConstant(body['arg']))
}

interface Place {
  readonly knowledge: Knowledge
  /** Is it stored, or does a lock depend on it? */
  readonly storing: boolean
}

const expressions = new Set([
  'A_Const',
  'ColumnRef',
  'A_Indirection',
  'TypeCast',
  'CoalesceExpr',
  'CaseExpr',
  'A_Expr',
  'FuncCall',
])

function* others(value: unknown, place: Place): Generator<Found> {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) yield* others(item, place)
    return
  }
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  const values = expressions.has(tag) && tag !== 'A_Const' ? evaluate(value, place.knowledge) : []
  const found = usedAs(values, place)
  if (found !== undefined) {
    yield { kind: found, values }
    return
  }
  // What is looked for by a text is told of by itself.
  if (values.some((each) => each?.is === 'found')) return
  const isCatalog = tag === 'A_Expr' && [body['lexpr'], body['rexpr']].some(isCatalogColumn)
  if (isCatalog) return
  const storing = place.storing || tag === 'InsertStmt' || tag === 'UpdateStmt' || isAdvisory(tag, body)
  for (const inner of Object.values(body)) yield* others(inner, { ...place, storing })
}

function usedAs(values: readonly Value[], { storing }: Place): Happening['kind'] | undefined {
  if (values.length === 0) return undefined
  if (values.every((value) => value?.is === 'truth')) return 'compared'
  if (values.some((value) => value?.is === 'text')) return 'told'
  return storing && values.some((value) => value?.is === 'oid' || value?.is === 'regclass')
    ? 'keyed'
    : undefined
}

/** Columns of the catalogs that hold schemas: what is compared with them is right at any time. */
function isCatalogColumn(value: unknown): boolean {
  const [tag, body] = isNode(value) ? untag(value) : ['', {}]
  if (tag === 'TypeCast') return isCatalogColumn(body['arg'])
  return (
    tag === 'ColumnRef' &&
    /^(?:nspname|schemaname|schema_name|\w+_schema|relname|tablename|table_name)$/.test(
      words(body['fields']).at(-1) ?? '',
    ) &&
    !(words(body['fields']).at(-1) ?? '').startsWith('tg_')
  )
}

function isAdvisory(tag: string, body: Node): boolean {
  return tag === 'FuncCall' && /^pg_(?:try_)?advisory_/.test(words(body['funcname']).at(-1) ?? '')
}

/** The texts of the columns of a SELECT that has no FROM. */
export function columnsOf(tree: Node): readonly unknown[] | undefined {
  const [tag, body] = untag(tree)
  if (tag !== 'SelectStmt' || list(body['fromClause']).length > 0 || text(body['op']) !== 'SETOP_NONE')
    return undefined
  return list(body['targetList']).map((each) => (isNode(each) ? untag(each)[1]['val'] : undefined))
}
