import type { Session } from '../pg/session.ts'

/** A sequence that no column owns and that numbers rows of moved tables by their defaults. */
export interface SharedSequence {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** The moved tables that it numbers. */
  readonly relations: readonly number[]
  /** Does it number rows of tables that stay, too? */
  readonly isUsedElsewhere: boolean
  /** Is its name taken by another relation in the schema of that name? */
  readonly takenIn: readonly string[]
}

/** Sequences that defaults of the tables name, by OID, and that belong to no column. */
export async function readSharedSequences(
  session: Session,
  oids: readonly number[],
  targets: readonly string[],
): Promise<SharedSequence[]> {
  return session.query<SharedSequence>(
    `with used as (
       select distinct q.oid, a.adrelid from pg_depend d
         join pg_attrdef a on d.classid = 'pg_attrdef'::regclass and a.oid = d.objid
         join pg_class c on c.oid = a.adrelid and c.relkind in ('r', 'p')
         join pg_class q on d.refclassid = 'pg_class'::regclass and q.oid = d.refobjid and q.relkind = 'S'
        where not exists (select from pg_depend o where o.classid = 'pg_class'::regclass and o.objid = q.oid and o.deptype in ('a', 'i', 'e')))
     select q.oid, n.nspname as schema, q.relname as name,
            array_agg(u.adrelid order by u.adrelid) filter (where u.adrelid = any($1::oid[])) as relations,
            bool_or(u.adrelid <> all($1::oid[])) as "isUsedElsewhere",
            array(select x.nspname::text from pg_class o join pg_namespace x on x.oid = o.relnamespace
                   where o.relname = q.relname and o.oid <> q.oid and x.nspname = any($2::text[])) as "takenIn"
       from used u join pg_class q on q.oid = u.oid join pg_namespace n on n.oid = q.relnamespace
      group by q.oid, n.nspname, q.relname
     having bool_or(u.adrelid = any($1::oid[]))
      order by n.nspname, q.relname`,
    [oids, targets],
  )
}
