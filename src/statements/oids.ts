import { bodyOf, isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import type { Lookup, Named } from './known.ts'
import { parseName } from './names.ts'

/** A constant that becomes the OID of a moved table, and what it is for. */
interface Constant {
  readonly named: Named
  readonly use: 'size' | 'oid' | 'harmless'
}

/** What a statement asks the server about tables. */
export interface Asked {
  readonly constants: readonly Constant[]
  /** Moved tables whose names, or names and schemas, are compared with columns of the catalogs. */
  readonly compared: readonly { readonly named: Named; readonly withSchema: boolean }[]
  /** Catalogs and views of information_schema that it reads. */
  readonly catalogs: ReadonlySet<string>
}

const known = new WeakMap<Node, Asked>()

/** Looks through a whole statement once, whatever the number of those who ask. */
export function askedBy(tag: string, body: Node, lookup: Lookup): Asked {
  const found = known.get(body) ?? look({ [tag]: body }, lookup)
  known.set(body, found)
  return found
}

interface Place {
  /** The innermost function or operation that the value is given to. */
  readonly given: Constant['use']
}

/** Sizes and statistics, which a view has none of (manual, chapters 9.27 and 28.2). */
const sizes =
  /^(?:pg_(?:total_relation|table|relation|indexes)_size|pg_relation_file(?:path|node)|pg_stat_get_\w+)$/
/** What is the same by both names, or only looks whether there is something. */
const harmless =
  /^(?:has_\w+_privilege|(?:obj|col)_description|pg_get_serial_sequence|pg_describe_object|to_regclass)$/

function look(statement: Node, lookup: Lookup): Asked {
  const constants: Constant[] = []
  const catalogs = new Set<string>()
  const equal = { schemas: new Set<string>(), names: new Set<string>() }
  const note = (written: string | undefined, { given }: Place): void => {
    const [name, schema] = parseName(written ?? '').toReversed()
    const table = name === undefined ? undefined : lookup.table(schema, name)
    if (table !== undefined)
      constants.push({ named: { table, isQualified: schema !== undefined }, use: given })
  }
  const visit = (value: unknown, place: Place): void => {
    if (Array.isArray(value)) for (const item of value as unknown[]) visit(item, place)
    if (!isNode(value) || Array.isArray(value)) return
    const [tag, body] = untag(value)
    const name = text(body['relname'])
    if (tag === 'RangeVar' && name !== undefined && isCatalog(body, name)) catalogs.add(name)
    if (tag === 'A_Expr') compare(body, equal)
    const made = madeOid(tag, body)
    if (made !== undefined) note(constantOf(made), place)
    const inner = placeIn(tag, body, place)
    if (tag === 'FuncCall' && inner.given === 'size') note(plainText(list(body['args'])[0]), inner)
    for (const each of Object.values(body)) visit(each, inner)
  }
  visit(statement, { given: 'harmless' })
  const compared = [...equal.names].flatMap((name) => {
    const schemas = equal.schemas.size === 0 ? [undefined] : [...equal.schemas]
    return schemas.flatMap((schema) => {
      const table = lookup.table(schema, name)
      return table === undefined
        ? []
        : [{ named: { table, isQualified: schema !== undefined }, withSchema: schema !== undefined }]
    })
  })
  return { constants, compared, catalogs }
}

function isCatalog(body: Node, name: string): boolean {
  const schema = text(body['schemaname'])
  return (
    schema === 'information_schema' ||
    schema === 'pg_catalog' ||
    (schema === undefined && name.startsWith('pg_'))
  )
}

/** What is cast to regclass, or given to to_regclass(). */
function madeOid(tag: string, body: Node): unknown {
  if (tag === 'TypeCast') return typeOf(body) === 'regclass' ? body['arg'] : undefined
  const name = tag === 'FuncCall' ? words(body['funcname']).at(-1) : undefined
  return name === 'to_regclass' || name === 'regclass' ? list(body['args'])[0] : undefined
}

function typeOf(body: Node): string {
  return isNode(body['typeName']) ? (words(body['typeName']['names']).at(-1) ?? '') : ''
}

function constantOf(value: unknown): string | undefined {
  const cast = bodyOf(value, 'TypeCast')
  return cast === undefined ? plainText(value) : constantOf(cast['arg'])
}

function plainText(value: unknown): string | undefined {
  const found = bodyOf(value, 'A_Const')?.['sval']
  return isNode(found) ? text(found['sval']) : undefined
}

function placeIn(tag: string, body: Node, place: Place): Place {
  switch (tag) {
    case 'FuncCall': {
      const name = words(body['funcname']).at(-1) ?? ''
      if (name === 'regclass') return place
      return { given: sizes.test(name) ? 'size' : harmless.test(name) ? 'harmless' : 'oid' }
    }
    case 'TypeCast': {
      const type = typeOf(body)
      if (type === 'regclass') return place
      return { given: /^(?:text|varchar|name|bpchar)$/.test(type) ? 'harmless' : 'oid' }
    }
    case 'NullTest':
      return { given: 'harmless' }
    case 'A_Expr':
    case 'InsertStmt':
    case 'UpdateStmt':
      return { given: 'oid' }
    default:
      return place
  }
}

const schemaColumns = /^(?:nspname|schemaname|schema_name|(?:table|constraint|unique_constraint)_schema)$/
const nameColumns = /^(?:relname|tablename|table_name)$/

/** `table_schema = 'public' and table_name in ('users', …)` */
function compare(body: Node, equal: { schemas: Set<string>; names: Set<string> }): void {
  if (words(body['name']).at(-1) !== '=') return
  const sides = [body['lexpr'], body['rexpr']]
  for (const [at, side] of sides.entries()) {
    const column = columnOf(side)
    if (column === undefined) continue
    const found = schemaColumns.test(column)
      ? equal.schemas
      : nameColumns.test(column)
        ? equal.names
        : undefined
    const other = sides[1 - at]
    const items = bodyOf(other, 'List') ?? bodyOf(other, 'A_ArrayExpr')
    for (const each of items === undefined ? [other] : list(items['items'] ?? items['elements'])) {
      const value = constantOf(each)
      if (value !== undefined) found?.add(value)
    }
  }
}

function columnOf(value: unknown): string | undefined {
  const cast = bodyOf(value, 'TypeCast')
  return cast === undefined ? words(bodyOf(value, 'ColumnRef')?.['fields']).at(-1) : columnOf(cast['arg'])
}
