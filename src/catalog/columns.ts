import type { Session } from '../pg/session.ts'
import { byRelation } from './group.ts'

export interface Column {
  readonly relation: number
  readonly name: string
  readonly type: string
  readonly collation: string | null
  readonly notNull: boolean
  /** The default's text, as pg_get_expr prints it with search_path = pg_catalog; null for none. */
  readonly default: string | null
  /** 'a' always, 'd' by default, '' none (pg_attribute.attidentity). */
  readonly identity: string
  /** 's' stored, 'v' virtual (18), '' none (pg_attribute.attgenerated). */
  readonly generated: string
  readonly comment: string | null
}

/**
 * SQL for the text of a default (`d` is pg_attrdef, `a` its pg_attribute). Only a generated column refers to others;
 * for the rest the relation is not told, because getting its names ready again for each default makes 1,600 columns
 * take seconds (manual, chapter 9.26: "if no Vars are expected, zero is sufficient").
 */
export const defaultText = `pg_get_expr(d.adbin, case when a.attgenerated = '' then 0 else d.adrelid end)`

/** The live columns of the given relations in their order, without the dropped ones. */
export async function readColumns(session: Session, oids: readonly number[]): Promise<Map<number, Column[]>> {
  const rows = await session.query<Column>(
    `select a.attrelid as relation, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
            case when a.attcollation <> 0 then (select format('%I.%I', n.nspname, k.collname) from pg_collation k
              join pg_namespace n on n.oid = k.collnamespace where k.oid = a.attcollation) end as collation,
            a.attnotnull as "notNull", a.attidentity as identity, a.attgenerated as generated,
            ${defaultText} as "default", col_description(a.attrelid, a.attnum) as comment
       from pg_attribute a
       left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
      order by a.attrelid, a.attnum`,
    [oids],
  )
  return byRelation(rows)
}
