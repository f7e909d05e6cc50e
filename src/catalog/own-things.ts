import type { Session } from '../pg/session.ts'
import type { Known, KnownObject } from './copied.ts'
import { isOwn } from './mark.ts'
import { asidePrefix, markPrefix, stageSchema } from './names.ts'

/** Names that two schemas have both, and marked views with what they read: where the tool may have left something. */
export async function readDoubles(
  session: Session,
  schemas: readonly { readonly source: string; readonly target: string }[],
): Promise<(Known & { readonly isMarked: boolean; readonly isPartition: boolean })[]> {
  return session.query(
    `select distinct on (name, source, target) * from (
       select g.oid as relation, g.relname::text as name, p->>'source' as source, p->>'target' as target, false as "isMarked",
              g.relispartition or s.relispartition as "isPartition"
         from jsonb_array_elements($1::jsonb) p
         join pg_class g on g.relnamespace = to_regnamespace(quote_ident(p->>'target')) and g.relkind in ('r', 'p', 'f', 'v', 'm')
         join pg_class s on s.relnamespace = to_regnamespace(quote_ident(p->>'source')) and s.relkind in ('r', 'p', 'f', 'v', 'm') and s.relname = g.relname
       union all
       select t.oid, t.relname, vn.nspname, tn.nspname, true, false
         from pg_class v join pg_namespace vn on vn.oid = v.relnamespace
         join pg_rewrite r on r.ev_class = v.oid
         join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid
         join pg_class t on t.oid = d.refobjid join pg_namespace tn on tn.oid = t.relnamespace
        where ${isOwn('v')} and v.relkind = 'v' and vn.nspname <> $2) n
      order by name, source, target, "isMarked" desc`,
    [JSON.stringify(schemas), stageSchema],
  )
}

/** Functions that two schemas have both, by name and arguments. */
export async function readRoutineDoubles(
  session: Session,
  schemas: readonly { readonly source: string; readonly target: string }[],
): Promise<KnownObject[]> {
  return session.query<KnownObject>(
    `select 'function' as class, g.oid, g.proname as name, pg_get_function_identity_arguments(g.oid) as arguments, p->>'source' as source, p->>'target' as target
       from jsonb_array_elements($1::jsonb) p
       join pg_proc g on g.pronamespace = to_regnamespace(quote_ident(p->>'target'))
       join pg_proc s on s.pronamespace = to_regnamespace(quote_ident(p->>'source')) and s.proname = g.proname and s.proargtypes = g.proargtypes`,
    [JSON.stringify(schemas)],
  )
}

/** A function that carries the tool’s mark, as DROP names it. */
export async function readMarkedRoutines(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select p.oid::regprocedure::text as name from pg_proc p where obj_description(p.oid, 'pg_proc') like $1 order by 1`,
    [`${markPrefix}%`],
  )
  return rows.map(({ name }) => name)
}

/** Views that carry it, wherever they are. */
export async function readMarkedViews(session: Session): Promise<{ oid: number; name: string }[]> {
  return session.query(
    `select v.oid, format('%I.%I', n.nspname, v.relname) as name from pg_class v join pg_namespace n on n.oid = v.relnamespace
      where v.relkind = 'v' and ${isOwn('v')} order by 2`,
  )
}

/** Schemas that carry it, and how many relations and routines are in each. */
export async function readMarkedSchemas(session: Session): Promise<{ name: string; objects: number }[]> {
  return session.query(
    `select n.nspname as name, ((select count(*) from pg_class c where c.relnamespace = n.oid)
            + (select count(*) from pg_proc p where p.pronamespace = n.oid) + (select count(*) from pg_type t where t.typnamespace = n.oid))::int as objects
       from pg_namespace n where obj_description(n.oid, 'pg_namespace') like $1 order by 1`,
    [`${markPrefix}%`],
  )
}

/** Casts between the row types of two relations, as CREATE CAST names them. */
export async function readCastsBetween(session: Session, one: number, other: number): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select format('%s as %s', k.castsource::regtype, k.casttarget::regtype) as name
       from pg_cast k join pg_class a on a.oid = $1 join pg_class b on b.oid = $2
      where (k.castsource, k.casttarget) in ((a.reltype, b.reltype), (b.reltype, a.reltype)) order by 1`,
    [one, other],
  )
  return rows.map(({ name }) => name)
}

/** Sequences that a column of one relation owns, with the column. */
export async function readSequencesOf(
  session: Session,
  relation: number,
): Promise<{ oid: number; schema: string; name: string; column: string }[]> {
  return session.query(
    `select q.oid, n.nspname as schema, q.relname as name, a.attname as column
       from pg_depend d join pg_class q on d.classid = 'pg_class'::regclass and q.oid = d.objid and q.relkind = 'S'
       join pg_namespace n on n.oid = q.relnamespace
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.refclassid = 'pg_class'::regclass and d.refobjid = $1 and d.deptype = 'a' order by 3`,
    [relation],
  )
}

/** Views that wait in the staging schema, with the table that each reads. */
export async function readAsides(session: Session): Promise<{ view: number; table: number }[]> {
  return session.query(
    `select v.oid as view, min(d.refobjid) as table
       from pg_class v join pg_rewrite r on r.ev_class = v.oid
       join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid
      where v.relkind = 'v' and v.relnamespace = to_regnamespace($1) and v.relname ~ ('^' || $2 || '[0-9]+$')
      group by v.oid having count(distinct d.refobjid) = 1 order by 1`,
    [stageSchema, asidePrefix],
  )
}
