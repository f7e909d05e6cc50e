import type { Session } from '../pg/session.ts'

export interface Dependent {
  readonly relation: number
  readonly description: string
}

/** What depends on an object, in words: of a rule, the view or table that it belongs to. */
const dependents = `
  select distinct d.refobjid as relation,
         case when r.oid is not null then pg_describe_object('pg_class'::regclass, r.ev_class, 0)
              else pg_describe_object(d.classid, d.objid, 0) end as description
    from pg_depend d
    left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid`

/** Everything that depends on the given relations other than as part of them: views, rules, functions with parsed bodies. */
export async function readDependents(session: Session, oids: readonly number[]): Promise<Dependent[]> {
  return session.query<Dependent>(
    `${dependents}
      where d.refclassid = 'pg_class'::regclass and d.refobjid = any($1::oid[]) and d.deptype = 'n'
        and (r.oid is null or r.ev_class <> d.refobjid)
        and d.classid in ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_publication_rel'::regclass)
        and not (d.classid = 'pg_constraint'::regclass and exists (select from pg_constraint k where k.oid = d.objid and (k.conrelid = d.refobjid or k.contype = 'f')))
        and not (d.classid = 'pg_attrdef'::regclass and exists (select from pg_attrdef a where a.oid = d.objid and a.adrelid = d.refobjid))
      order by 1, 2`,
    [oids],
  )
}

/**
 * Users of the row type or array type of a view that is about to be dropped. Casts between row types of the same name in two
 * schemas are the tool's own.
 */
export async function readViewTypeUses(session: Session, oids: readonly number[]): Promise<Dependent[]> {
  return session.query<Dependent>(
    `select distinct c.oid as relation, pg_describe_object(d.classid, d.objid, d.objsubid) as description
       from pg_class c join pg_type t on t.oid = c.reltype or (t.typelem = c.reltype and t.typcategory = 'A')
       join pg_depend d on d.refclassid = 'pg_type'::regclass and d.refobjid = t.oid and d.deptype = 'n'
      where c.oid = any($1::oid[]) and c.reltype <> 0
        and not exists (select from pg_cast k join pg_type one on one.oid = k.castsource join pg_type other on other.oid = k.casttarget
                         where d.classid = 'pg_cast'::regclass and k.oid = d.objid and k.castmethod = 'i' and k.castcontext = 'i'
                           and one.typname = other.typname)
      order by 1, 2`,
    [oids],
  )
}

/** Everything that depends on the given functions: views, defaults, indexes, triggers, parsed bodies of others. */
export async function readRoutineDependents(session: Session, oids: readonly number[]): Promise<Dependent[]> {
  return session.query<Dependent>(
    `${dependents}
      where d.refclassid = 'pg_proc'::regclass and d.refobjid = any($1::oid[]) and d.deptype in ('n', 'a')
      order by 1, 2`,
    [oids],
  )
}
