import type { Session } from '../pg/session.ts'

export interface TableKeys {
  readonly relation: number
  /** Columns of the primary key; none if there is none. */
  readonly primaryKey: readonly string[]
  /** Names of the constraints that SET CONSTRAINTS may name. */
  readonly deferrable: readonly string[]
  readonly indexes: readonly string[]
}

export async function readKeys(session: Session, oids: readonly number[]): Promise<Map<number, TableKeys>> {
  const rows = await session.query<TableKeys>(
    `select r as relation,
            array(select a.attname::text from pg_index i
                    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey::int2[])
                   where i.indrelid = r and i.indisprimary order by a.attnum) as "primaryKey",
            array(select k.conname::text from pg_constraint k
                   where k.conrelid = r and k.condeferrable order by 1) as deferrable,
            array(select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
                   where i.indrelid = r order by 1) as indexes
       from unnest($1::oid[]) r`,
    [oids],
  )
  return new Map(rows.map((row) => [row.relation, row]))
}
