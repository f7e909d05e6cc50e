import { ownSchemas } from '../plan/names.ts'
import type { Session } from '../pg/session.ts'
import type { BackupTable } from './relations.ts'
import type { Omissions } from './restore-list.ts'

/** Objects outside the tool's schemas that need something inside, and cannot be made without. */
export async function ownDependents(session: Session): Promise<Omissions> {
  const rows = await session.query<{ object: string }>(
    `with own (class, oid) as (
       select 'pg_proc'::regclass::oid, p.oid from pg_proc p
        where p.pronamespace in (select oid from pg_namespace where nspname = any ($1::text[]))
       union all
       select 'pg_class'::regclass::oid, c.oid from pg_class c
        where c.relnamespace in (select oid from pg_namespace where nspname = any ($1::text[]))
       union all
       select 'pg_type'::regclass::oid, t.oid from pg_type t
        where t.typnamespace in (select oid from pg_namespace where nspname = any ($1::text[]))
     )
     select distinct case when r.oid is null then d.classid || ' ' || d.objid
                          else 'pg_class'::regclass::oid || ' ' || r.ev_class end as object
       from pg_depend d
       join own on own.class = d.refclassid and own.oid = d.refobjid
       left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
      where d.deptype = 'n'`,
    [[...ownSchemas]],
  )
  return new Map(rows.map(({ object }) => [object, 'belongs to the migration, not to the database']))
}

/** What belongs to these tables but cannot be restored with them alone. */
export async function outwardTies(session: Session, tables: readonly BackupTable[]): Promise<Omissions> {
  const rows = await session.query<{ object: string; target: string }>(
    `select 'pg_constraint'::regclass::oid || ' ' || k.oid as object, k.confrelid::regclass::text as target
       from pg_constraint k
      where k.contype = 'f' and k.conrelid = any ($1::oid[]) and k.confrelid <> all ($1::oid[])`,
    [tables.map(({ oid }) => oid)],
  )
  return new Map(
    rows.map(({ object, target }) => [object, `refers to ${target}, whose rows are not in this backup`]),
  )
}
