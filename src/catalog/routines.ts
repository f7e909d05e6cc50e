import { stageSchema } from './names.ts'
import type { Session } from '../pg/session.ts'

/** A function or procedure of a schema, as a plan can name it. */
export interface RoutineName {
  readonly oid: number
  readonly name: string
  /** Types of its arguments, as in `f(integer, text)`. */
  readonly arguments: string
  readonly extension: string | null
}

export async function readRoutines(session: Session, schema: string): Promise<RoutineName[]> {
  return session.query<RoutineName>(
    `select p.oid, p.proname as name, pg_get_function_identity_arguments(p.oid) as arguments,
            (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
              where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') as extension
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = $1 order by p.proname, 3`,
    [schema],
  )
}

/**
 * Where a routine of the move stands: plain: at its old name alone; expanded: a wrapper at the new name calls it;
 * switched: it is at the new name, a wrapper at the old one; alone: at the new name, with nothing at the old one;
 * foreign: somebody else's routine has the other name; missing: it is gone or somewhere else.
 */
export type RoutineStand = 'plain' | 'expanded' | 'switched' | 'alone' | 'foreign' | 'missing'

export interface RoutineLocation {
  readonly oid: number
  readonly stand: RoutineStand
  readonly where: string | null
  /** The wrapper at the other name, when it is ours. */
  readonly wrapper: number | null
  /** In what the wrapper is not the routine's equal. */
  readonly differences: readonly string[]
  /** Does the wrapper count its uses? */
  readonly isWatched: boolean
  readonly owner: string
  readonly extension: string | null
  /** Does it work by itself when it is called, so that its calls are few enough to be counted? */
  readonly isVolatile: boolean
  /** Must its wrapper name it in text, so that callers need USAGE on its schema? */
  readonly calledByName: boolean
  /** Roles that may execute it and may not use the schema it goes to; PUBLIC is null. */
  readonly lockedOut: readonly (string | null)[]
  /** Why it cannot have two names; null if it can. */
  readonly obstacle: string | null
}

interface Moved {
  readonly oid: number
  readonly source: string
  readonly target: string
}

const polymorphic = `y.typtype = 'p' and y.typname like 'any%' and y.typname <> 'any'`

const obstacle = `
  case when p.prokind = 'a' then 'it is an aggregate, which nothing can stand in for'
       when p.prokind = 'w' then 'it is a window function, which nothing can stand in for'
       when p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype) then 'it is a trigger function: only triggers call it, and they follow it wherever it goes'
       when exists (select from pg_type y where y.oid = any(p.proargtypes) and y.typtype = 'p' and y.typname <> 'record' and not (${polymorphic}))
         then 'SQL cannot pass on what it takes'
       when p.prorettype = 'record'::regtype and not coalesce(p.proargmodes && '{o,b,t}'::"char"[], false)
         then 'it returns records whose columns only its caller names'
       when exists (select from pg_type y where y.oid = p.prorettype and y.typtype = 'p' and y.typname not in ('void', 'record') and not (${polymorphic}))
         then 'SQL cannot pass on what it returns'
  end`

/** Procedures cannot be called from a parsed body, nor can it have polymorphic arguments (manual, CREATE FUNCTION). */
const calledByName = `
  p.prokind = 'p' or exists (select from pg_type y where y.oid = any(p.proargtypes) and ${polymorphic})`

const acl = (routine: string): string => `
  (select array_agg(format('%s %s %s', x.grantee, x.privilege_type, x.is_grantable) order by 1)
     from aclexplode(coalesce(${routine}.proacl, acldefault('f', ${routine}.proowner))) x where x.grantee <> ${routine}.proowner)`

/** Reads the stand of every routine from the catalog, whatever the journal believes. */
export async function readRoutineLocations(
  session: Session,
  routines: readonly Moved[],
  mark: string,
): Promise<Map<number, RoutineLocation>> {
  if (routines.length === 0) return new Map()
  const rows = await session.query<RoutineLocation>(
    `with moved as (
       select (m->>'oid')::oid as oid, m->>'source' as source, m->>'target' as target from jsonb_array_elements($1::jsonb) m),
     at as (
       select m.*, n.nspname as schema, case when n.nspname = m.source then m.target when n.nspname = m.target then m.source end as elsewhere
         from moved m join pg_proc p on p.oid = m.oid join pg_namespace n on n.oid = p.pronamespace)
     select p.oid, format('%I.%I(%s)', a.schema, p.proname, pg_get_function_identity_arguments(p.oid)) as where,
            case when a.elsewhere is null then 'missing'
                 when w.oid is null then case when a.schema = a.source then 'plain' else 'alone' end
                 when not w.ours then 'foreign'
                 when a.schema = a.source then 'expanded' else 'switched' end as stand,
            case when w.ours then w.oid end as wrapper,
            case when w.oid is null then '{}' else array_remove(array[
              case when not w.calls then 'what is called' end,
              case when pg_get_function_arguments(w.oid) <> pg_get_function_arguments(p.oid) then 'arguments' end,
              case when pg_get_function_result(w.oid) <> pg_get_function_result(p.oid) then 'result' end,
              case when w.provolatile <> p.provolatile or w.proparallel <> p.proparallel then 'volatility' end,
              case when w.proowner <> p.proowner then 'owner' end,
              case when ${acl('w')} is distinct from ${acl('p')} then 'privileges' end], null) end as differences,
            coalesce(w.watched, false) as "isWatched", pg_get_userbyid(p.proowner) as owner,
            (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
              where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') as extension,
            p.provolatile = 'v' as "isVolatile", ${calledByName} as "calledByName", ${obstacle} as obstacle,
            array(select case when x.grantee <> 0 then pg_get_userbyid(x.grantee)::text end
                    from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
                   where t.oid is null or not has_schema_privilege(case when x.grantee = 0 then 'public' else pg_get_userbyid(x.grantee) end, t.oid, 'USAGE')
                   group by x.grantee) as "lockedOut"
       from at a join pg_proc p on p.oid = a.oid
       left join pg_namespace t on t.nspname = a.target
       left join lateral (
         select o.*, obj_description(o.oid, 'pg_proc') is not distinct from $2 as ours,
                o.prosrc ~ ('\\m' || 'used_' || p.oid || '\\M') or exists (
                  select from pg_depend d join pg_proc u on d.refclassid = 'pg_proc'::regclass and u.oid = d.refobjid
                   where d.classid = 'pg_proc'::regclass and d.objid = o.oid and u.proname = 'used_' || p.oid
                     and u.pronamespace = to_regnamespace($3)) as watched,
                exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = o.oid
                           and d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid)
                  or position(format('%I.%I(', a.schema, p.proname) in o.prosrc) > 0 as calls
           from pg_proc o join pg_namespace n on n.oid = o.pronamespace
          where n.nspname = a.elsewhere and o.proname = p.proname and o.proargtypes = p.proargtypes) w on true`,
    [JSON.stringify(routines), mark, stageSchema],
  )
  return new Map(rows.map((row) => [row.oid, row]))
}
