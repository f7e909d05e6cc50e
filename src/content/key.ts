import { ident, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { asText } from './columns.ts'

/** A column by which rows are told apart. */
export interface KeyColumn {
  readonly name: string
  /** For a cast, without modifier. */
  readonly type: string
  /** Whether it is a type of pg_catalog; enums are all others that are. */
  readonly isBuiltIn: boolean
}

/** The value of a key as text, one for each of its columns. */
export type KeyValue = readonly string[]

/**
 * The lists of columns that tell rows of a table apart, the primary key first, then those of unique indexes that no null can
 * slip through. For the whole of a partitioned table and not for one that others inherit from, whose indexes say nothing of
 * their rows. A type of an extension is none to go by: its operators are not on the search_path of the runner's sessions; nor is an
 * enum with implicit casts of its own, for which there would be more than one operator.
 */
export async function readKeys(session: Session, { schema, name }: QualifiedName): Promise<string[][]> {
  const rows = await session.query<{ columns: string[] }>(
    `select (select array_agg(a.attname::text order by k.position)
               from generate_series(0, i.indnkeyatts - 1) k (position)
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k.position]) as columns
       from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2
        and i.indisunique and i.indimmediate and i.indisvalid and i.indpred is null and i.indexprs is null
        and (c.relkind <> 'r' or not exists (select from pg_inherits h where h.inhparent = c.oid))
        and not exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid
              left join pg_type b on t.typtype = 'd' and b.oid = t.typbasetype
              where a.attrelid = i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
                and (not a.attnotnull
                     or coalesce(b.typtype, t.typtype) <> 'e' and coalesce(b.typnamespace, t.typnamespace) <> 'pg_catalog'::regnamespace
                     or exists (select from pg_cast k where k.castsource = coalesce(b.oid, t.oid) and k.castcontext = 'i'
                                   and coalesce(b.typtype, t.typtype) = 'e')))
      order by i.indisprimary desc, i.indnkeyatts, i.indexrelid`,
    [schema, name],
  )
  return rows.map(({ columns }) => columns)
}

/** The first key of the one table that is a key of the other, too; undefined where there is none. */
export function commonKey(
  keys: readonly (readonly string[])[],
  others: readonly (readonly string[])[],
): readonly string[] | undefined {
  const names = (columns: readonly string[]): string => JSON.stringify([...columns].sort())
  const known = new Set(others.map(names))
  return keys.find((columns) => known.has(names(columns)))
}

/** `t.a, t.b` */
export function keyNames(key: readonly KeyColumn[]): string {
  return key.map(({ name }) => `t.${ident(name)}`).join(', ')
}

/** The key's columns as one array of texts. */
export function keyText(key: readonly KeyColumn[]): string {
  return `array[${key.map((column) => (column.isBuiltIn ? `t.${ident(column.name)}::text` : asText(column))).join(', ')}]`
}

/** Rows of which the key is after one value and up to another; without either, from the first or to the last. */
export interface Range {
  readonly after: KeyValue | undefined
  readonly upTo: KeyValue | undefined
}

/** A condition on the rows of `t`, its values as parameters from that number on. */
export function rangeCondition(
  key: readonly KeyColumn[],
  { after, upTo }: Range,
  first: number,
): { condition: string; values: string[] } {
  const values: string[] = []
  const row = (value: KeyValue): string =>
    key.map((column, index) => `$${first - 1 + values.push(value[index]!)}${fromText(column)}`).join(', ')
  const parts = [
    ...(after === undefined ? [] : [`(${keyNames(key)}) > (${row(after)})`]),
    ...(upTo === undefined ? [] : [`(${keyNames(key)}) <= (${row(upTo)})`]),
  ]
  return { condition: parts.join(' and ') || 'true', values }
}

/**
 * Makes a parameter a value of a key. One that is an enum is read by its type, since a cast from text is whatever the owner
 * of the type has made it.
 */
function fromText({ type, isBuiltIn }: KeyColumn): string {
  return isBuiltIn ? `::text::${type}` : `::${type}`
}

/** A condition on the rows of `t` that have one of the keys, its values as parameters from that number on. */
export function keysCondition(
  key: readonly KeyColumn[],
  keys: readonly KeyValue[],
  first = 1,
): { condition: string; values: string[][] } {
  const list = key
    .map(({ type, isBuiltIn }, index) => `$${first + index}::${isBuiltIn ? 'text' : type}[]`)
    .join(', ')
  const names = key.map((_column, index) => `k${index}`).join(', ')
  const casts = key
    .map(({ type, isBuiltIn }, index) => `k.k${index}${isBuiltIn ? `::${type}` : ''}`)
    .join(', ')
  return {
    condition: `(${keyNames(key)}) in (select ${casts} from unnest(${list}) k (${names}))`,
    values: key.map((_column, index) => keys.map((value) => value[index]!)),
  }
}
