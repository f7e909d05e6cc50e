import type { Session } from '../pg/session.ts'

/** Something that uses the row type of a table (a function's argument, a column, a cast), in words. */
export interface RowTypeUse {
  readonly relation: number
  readonly user: string
}

/** Users of the row types and their array types; views use columns, not the row type, and are not listed. */
export async function readRowTypeUses(session: Session, oids: readonly number[]): Promise<RowTypeUse[]> {
  return session.query<RowTypeUse>(
    `select distinct c.oid as relation, pg_describe_object(d.classid, d.objid, d.objsubid) as "user"
       from pg_class c
       join pg_type t on t.oid = c.reltype or (t.typelem = c.reltype and t.typcategory = 'A')
       join pg_depend d on d.refclassid = 'pg_type'::regclass and d.refobjid = t.oid and d.deptype = 'n'
      where c.oid = any($1::oid[]) and c.reltype <> 0 and d.classid <> 'pg_cast'::regclass
      order by 1, 2`,
    [oids],
  )
}
