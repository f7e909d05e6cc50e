import { ident, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'

/** A column by which rows are told apart. */
export interface KeyColumn {
  readonly name: string
  /** For a cast, without modifier. */
  readonly type: string
}

/** The value of a key as text, one for each of its columns. */
export type KeyValue = readonly string[]

/**
 * The lists of columns that tell rows of a table apart, the primary key first, then those of unique indexes that no null can
 * slip through. For the whole of a partitioned table and not for one that others inherit from, whose indexes say nothing of
 * their rows. A type of an extension is none to go by: its operators are not on the search_path of the runner's sessions.
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
                     or coalesce(b.typtype, t.typtype) <> 'e' and coalesce(b.typnamespace, t.typnamespace) <> 'pg_catalog'::regnamespace))
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
  return `array[${key.map(({ name }) => `t.${ident(name)}::text`).join(', ')}]`
}

/** Rows of which the key is after one value and up to another; without either, from the first or to the last. */
export interface Range {
  readonly after: KeyValue | undefined
  readonly upTo: KeyValue | undefined
}

/** A condition on the rows of `t`, its values as parameters from `$1` on. */
export function rangeCondition(
  key: readonly KeyColumn[],
  { after, upTo }: Range,
): { condition: string; values: string[] } {
  const values: string[] = []
  const row = (value: KeyValue): string =>
    key.map(({ type }, index) => `$${values.push(value[index]!)}::text::${type}`).join(', ')
  const parts = [
    ...(after === undefined ? [] : [`(${keyNames(key)}) > (${row(after)})`]),
    ...(upTo === undefined ? [] : [`(${keyNames(key)}) <= (${row(upTo)})`]),
  ]
  return { condition: parts.join(' and ') || 'true', values }
}
