import type { Session } from '../pg/session.ts'

/**
 * What keeps a table from being the only partition of a partitioned table under its old name (manual, chapter 5.11.2.3,
 * and what PostgreSQL 14 to 18 refuse).
 */
export async function readShellObstacles(
  session: Session,
  oids: readonly number[],
): Promise<{ relation: number; reason: string }[]> {
  return session.query(
    `with t as (select c.* from pg_class c where c.oid = any($1::oid[])),
     k as (select conrelid, conkey from pg_constraint where contype = 'p' and conrelid = any($1::oid[]))
     select oid as relation, 'it is partitioned, a partition, or part of an inheritance tree' as reason from t
      where relkind <> 'r' or relispartition or exists (select from pg_inherits i where t.oid in (i.inhrelid, i.inhparent))
     union all select oid, 'it has no primary key to partition by' from t where not exists (select from k where conrelid = t.oid)
     union all select oid, 'its row security would be bypassed by the old name' from t where relrowsecurity
     union all select oid, 'it is unlogged or temporary' from t where relpersistence <> 'p'
     union all select oid, 'it is a typed table' from t where reloftype <> 0
     union all select oid, format('column %I is an identity column, which a partition cannot have', a.attname)
       from t join pg_attribute a on a.attrelid = t.oid where a.attidentity <> '' and not a.attisdropped
     union all select oid, format('column %I of the primary key is generated', a.attname)
       from t join k on k.conrelid = t.oid join pg_attribute a on a.attrelid = t.oid and a.attnum = any(k.conkey) where a.attgenerated <> ''
     union all select t.oid, format('unique index %I: its conflicts could not be named by the old name', i.relname)
       from t join pg_index x on x.indrelid = t.oid and (x.indisunique or x.indisexclusion) and not x.indisprimary join pg_class i on i.oid = x.indexrelid
     union all select t.oid, format('statement trigger %I would not fire by the old name', g.tgname)
       from t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal and (g.tgtype & 1) = 0
     union all select t.oid, format('row trigger %I has transition tables, which a partition cannot have', g.tgname)
       from t join pg_trigger g on g.tgrelid = t.oid where (g.tgtype & 1) = 1 and (g.tgoldtable is not null or g.tgnewtable is not null)
     union all select t.oid, format('rule %I would not apply by the old name', r.rulename)
       from t join pg_rewrite r on r.ev_class = t.oid
     union all select t.oid, format('check constraint %I is not valid yet or not inherited', k.conname)
       from t join pg_constraint k on k.conrelid = t.oid where k.contype = 'c' and (not k.convalidated or k.connoinherit)
     union all select t.oid, 'its row type is used by other objects' from t join pg_type y on y.oid = t.reltype
      where exists (select from pg_depend d where d.refclassid = 'pg_type'::regclass and d.refobjid in (y.oid, y.typarray) and d.deptype = 'n'
                       and d.classid <> 'pg_cast'::regclass)
      order by 1, 2`,
    [oids],
  )
}
