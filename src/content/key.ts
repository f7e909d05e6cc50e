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
 * The columns that tell rows of a table apart: those of the primary key, or else of the smallest unique index that no null
 * can slip through. Undefined where there is none. For the whole of a partitioned table and not for one that others inherit
 * from, whose indexes say nothing of their rows. A type of an extension is none to go by: its operators are not on the
 * search_path of the runner's sessions.
 */
export async function readKey(
  session: Session,
  { schema, name }: QualifiedName,
): Promise<KeyColumn[] | undefined> {
  const rows = await session.query<KeyColumn>(
    `with best as (
       select i.indrelid, i.indkey, i.indnkeyatts
         from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = $2 and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
          and (c.relkind <> 'r' or not exists (select from pg_inherits h where h.inhparent = c.oid))
          and not exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid
                left join pg_type b on t.typtype = 'd' and b.oid = t.typbasetype
                where a.attrelid = i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
                  and (not a.attnotnull
                       or coalesce(b.typtype, t.typtype) <> 'e' and coalesce(b.typnamespace, t.typnamespace) <> 'pg_catalog'::regnamespace))
        order by i.indisprimary desc, i.indnkeyatts, i.indexrelid limit 1)
     select a.attname as name, format_type(a.atttypid, -1) as type
       from best b cross join lateral generate_series(0, b.indnkeyatts - 1) k (position)
       join pg_attribute a on a.attrelid = b.indrelid and a.attnum = b.indkey[k.position]
      order by k.position`,
    [schema, name],
  )
  return rows.length === 0 ? undefined : rows
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
