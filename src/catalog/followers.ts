import type { Session } from '../pg/session.ts'

/** An index or sequence that goes wherever its table goes. */
export interface Follower {
  readonly relation: number
  readonly name: string
}

/** The indexes of tables and the sequences of their columns, by the tables’ OIDs. */
export async function readFollowers(session: Session, oids: readonly number[]): Promise<Follower[]> {
  return session.query<Follower>(
    `select i.indrelid as relation, c.relname as name
       from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = any($1::oid[])
     union all
     select d.refobjid, q.relname
       from pg_depend d join pg_class q on q.oid = d.objid and q.relkind = 'S'
      where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
        and d.deptype in ('a', 'i') and d.refobjid = any($1::oid[])
      order by 1, 2`,
    [oids],
  )
}
