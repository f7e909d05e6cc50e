import type { Session } from '../pg/session.ts'
import { markOfView } from './mark.ts'
import { asidePrefix, stageSchema } from './names.ts'

/** A relation as the journal of the original knows it. */
export interface Known {
  readonly relation: number
  readonly name: string
  readonly source: string
  readonly target: string
  /** Is it a view itself, where that is known? */
  readonly isView?: boolean
}

/** The same in a copy of the database, where it may have another OID. */
export interface CopiedRelation {
  readonly was: number
  readonly oid: number | null
  /** What stands in for it by its other name. */
  readonly other: number | null
  readonly otherKind: string | null
  readonly otherMark: string | null
  readonly aside: number | null
  readonly asideMark: string | null
  /** The function by which its other name counts its uses. */
  readonly telltale: string | null
  readonly owner: string | null
}

const standsOn = (front: string, behind: string): string => `(
  exists (select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
           where r.ev_class = ${front} and d.refclassid = 'pg_class'::regclass and d.refobjid = ${behind} and d.deptype = 'n')
  or exists (select from pg_inherits i where i.inhparent = ${front} and i.inhrelid = ${behind}))`

/** Finds relations by both of their names: what stands in for another reads it. */
export async function readCopiedRelations(
  session: Session,
  known: readonly Known[],
): Promise<CopiedRelation[]> {
  return session.query<CopiedRelation>(
    `with moved as (
       select n, (m->>'relation')::oid as was, m->>'name' as name, m->>'source' as source, m->>'target' as target, (m->>'isView')::boolean as is_view
         from jsonb_array_elements($1::jsonb) with ordinality x (m, n)),
     placed as (
       select m.*, s.oid as at_source, g.oid as at_target, ${standsOn('s.oid', 'g.oid')} as source_in_front, ${standsOn('g.oid', 's.oid')} as target_in_front
         from moved m
         left join pg_class s on s.relname = m.name and s.relkind in ('r', 'p', 'f', 'v', 'm') and s.relnamespace = to_regnamespace(quote_ident(m.source))
         left join pg_class g on g.relname = m.name and g.relkind in ('r', 'p', 'f', 'v', 'm') and g.relnamespace = to_regnamespace(quote_ident(m.target))),
     found as (
       select p.*, case when at_target is null or target_in_front and not source_in_front then at_source
                        when at_source is null or source_in_front and not target_in_front then at_target end as oid
         from placed p)
     select f.was, c.oid, o.oid as other, o.relkind as "otherKind", ${markOfView('o.oid')} as "otherMark",
            a.oid as aside, ${markOfView('a.oid')} as "asideMark", pg_get_userbyid(c.relowner) as owner,
            (select u.proname from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
               join pg_proc u on d.refclassid = 'pg_proc'::regclass and u.oid = d.refobjid
              where r.ev_class = o.oid and u.pronamespace = to_regnamespace($2) limit 1) as telltale
       from found f
       left join pg_class c on c.oid = f.oid and (f.is_view is null or f.is_view = (c.relkind in ('v', 'm')))
       left join pg_class o on c.oid is not null and o.oid = case when f.oid = f.at_source then f.at_target else f.at_source end
       left join pg_class a on a.relname = $3 || f.was and a.relkind = 'v' and a.relnamespace = to_regnamespace($2)
      order by f.n`,
    [JSON.stringify(known), stageSchema, asidePrefix],
  )
}

export interface KnownObject {
  readonly class: 'function' | 'type'
  readonly oid: number
  readonly name: string
  readonly arguments: string
  readonly source: string
  readonly target: string
}

export interface CopiedObject {
  readonly was: number
  readonly class: 'function' | 'type'
  readonly oid: number | null
  readonly wrapper: number | null
  readonly wrapperMark: string | null
}

/** Types of arguments may have other schemas by now. */
const bare = (text: string): string =>
  `regexp_replace(${text}, '("([^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*)\\.', '', 'g')`

/** Finds functions by name and arguments, types by name. What calls another of its name is its wrapper. */
export async function readCopiedObjects(
  session: Session,
  known: readonly KnownObject[],
): Promise<CopiedObject[]> {
  return session.query<CopiedObject>(
    `with moved as (
       select n, o->>'class' as class, (o->>'oid')::oid as was, o->>'name' as name, o->>'arguments' as arguments, o->>'source' as source, o->>'target' as target
         from jsonb_array_elements($1::jsonb) with ordinality x (o, n)),
     routines as (
       select m.*, p.oid, p.prosrc, s.nspname, p.proname from moved m join pg_namespace s on s.nspname in (m.source, m.target)
         join pg_proc p on p.pronamespace = s.oid and p.proname = m.name
          and ${bare('pg_get_function_identity_arguments(p.oid)')} = ${bare('m.arguments')} where m.class = 'function'),
     paired as (
       select a.n, a.was, a.oid, b.oid as wrapper from routines a join routines b on b.n = a.n and b.oid <> a.oid
        where exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = b.oid and d.refclassid = 'pg_proc'::regclass and d.refobjid = a.oid)
           or position(format('%I.%I(', a.nspname, a.proname) in b.prosrc) > 0)
     select m.was, m.class, coalesce(p.oid, r.oid, y.oid) as oid, p.wrapper, obj_description(p.wrapper, 'pg_proc') as "wrapperMark"
       from moved m
       left join paired p on p.n = m.n
       left join lateral (select min(r.oid) as oid from routines r where r.n = m.n having count(*) = 1) r on true
       left join lateral (select min(y.oid) as oid from pg_type y join pg_namespace s on s.oid = y.typnamespace
                           where m.class = 'type' and y.typname = m.name and s.nspname in (m.source, m.target) having count(*) = 1) y on true
      order by m.n`,
    [JSON.stringify(known)],
  )
}

/** Functions by the signature that a message or a note of the journal gives them. */
export async function readBySignature(
  session: Session,
  signatures: readonly string[],
): Promise<Map<string, number>> {
  const rows = await session.query<{ signature: string; oid: number }>(
    `select s.signature, p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       join unnest($1::text[]) s (signature) on s.signature = format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))`,
    [signatures],
  )
  return new Map(rows.map(({ signature, oid }) => [signature, oid]))
}

/** Sequences by name, in any of some schemas. */
export async function readSequenceOids(
  session: Session,
  names: readonly { readonly name: string; readonly schemas: readonly string[]; readonly was: number }[],
): Promise<Map<number, number>> {
  const rows = await session.query<{ was: number; oid: number }>(
    `select (s->>'was')::oid as was, min(c.oid) as oid
       from jsonb_array_elements($1::jsonb) s join pg_class c on c.relname = s->>'name' and c.relkind = 'S'
       join pg_namespace n on n.oid = c.relnamespace and s->'schemas' ? n.nspname::text
      group by 1 having count(*) = 1`,
    [JSON.stringify(names)],
  )
  return new Map(rows.map(({ was, oid }) => [was, oid]))
}
