import { markOf } from '../catalog/names.ts'
import { dollarQuoted, ident, literal, qualified } from '../pg/quoting.ts'
import type { RoutineFacts } from '../survey/facts.ts'
import { eachRoutine } from './by-oid.ts'
import { telltale } from './telltale.ts'

/** Policies that leave something under the old name of a function. */
export function hasWrapper({ compat }: RoutineFacts): boolean {
  return compat !== 'none' && compat !== 'search-path'
}

/**
 * Calls of a function that computes are one for each row of a query; to count them would cost more than they do. What
 * works by itself is called once for each piece of work. A wrapper whose body is text would need its callers to have
 * rights on the counter.
 */
export function isCountable(routine: RoutineFacts): boolean {
  return hasWrapper(routine) && routine.location.isVolatile && !routine.location.calledByName
}

/**
 * A routine in one schema that passes its arguments on to the routine of that OID, wherever that is, and is its equal
 * in signature, volatility and, once it is made, owner and privileges. Where PostgreSQL allows it its body is parsed when it is made, so that
 * it finds the routine by OID and its callers need no right on the schema.
 *
 * Built by the server when it runs: the names of argument types may have changed since the statement was compiled.
 */
export function makeWrapper(
  { oid, location }: RoutineFacts,
  schema: string,
  planName: string,
  isWatched: boolean,
): string {
  const used = isWatched ? `${qualified(telltale(oid))}()` : ''
  const body = `
declare
  f pg_proc;
  passed text; call text; body text; own text; g record; was_there boolean;
begin
  select p.* into strict f from pg_proc p where p.oid = ${oid};
  -- In SQL $1 is the first argument that is passed in, in PL/pgSQL the first of all.
  select string_agg(case when f.provariadic <> 0 and i = f.pronargs and f.prokind = 'f' or f.proargmodes[i] = 'v' and f.prokind = 'p'
                         then 'variadic ' else '' end || '$' || i, ', ' order by i) into passed
    from generate_series(1, case when f.prokind = 'p' then coalesce(array_length(f.proallargtypes, 1), f.pronargs) else f.pronargs end) i;
  call := format('%s.%I(%s)', f.pronamespace::regnamespace, f.proname, passed);
  if f.prokind = 'p' then
    body := format('language plpgsql as %L', format('begin call %s; end', call));
  else
    -- A list of columns would be fixed when the body is parsed, and keep the table from being altered.
    body := case when f.prorettype = 'record'::regtype or f.proretset and (select y.typrelid = 0 from pg_type y where y.oid = f.prorettype)
                 then 'select * from ' else 'select ' end || call${isWatched ? ` || ' where ${used}'` : ''};
    body := case when ${location.calledByName} then format('language sql as %L', body) else format('begin atomic %s; end', body) end;
    body := format('%s %s cost %s %s %s',
      case f.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
      case f.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' else 'parallel unsafe' end,
      f.procost, case when f.proretset then 'rows ' || f.prorows else '' end, body);
  end if;
  was_there := exists (select from pg_proc o where o.pronamespace = ${literal(ident(schema))}::regnamespace and o.proname = f.proname and o.proargtypes = f.proargtypes);
  execute format('create or replace %s %I.%I(%s) %s %s', case f.prokind when 'p' then 'procedure' else 'function' end,
    ${literal(schema)}, f.proname, pg_get_function_arguments(f.oid),
    case when f.prokind = 'p' then '' else 'returns ' || pg_get_function_result(f.oid) end, body);
  select o.oid::regprocedure::text into strict own
    from pg_proc o where o.pronamespace = ${literal(ident(schema))}::regnamespace and o.proname = f.proname and o.proargtypes = f.proargtypes;
  execute format('comment on routine %s is %L', own, ${literal(markOf(planName))});
  if was_there then return; end if;
  execute format('alter routine %s owner to %I', own, pg_get_userbyid(f.proowner));
  for g in select distinct x.grantee from pg_proc o, aclexplode(coalesce(o.proacl, acldefault('f', o.proowner))) x
            where o.oid = own::regprocedure and x.grantee <> o.proowner
  loop
    execute format('revoke all on routine %s from %s cascade', own, case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end);
  end loop;
  for g in select x.* from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) x where x.grantee <> f.proowner
  loop
    execute format('grant execute on routine %s to %s%s', own, case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
      case when g.is_grantable then ' with grant option' else '' end);
  end loop;
end
`
  return `do ${dollarQuoted(body)}`
}

export function moveRoutine(oid: number, schema: string): string {
  return eachRoutine([oid], `alter routine %s set schema ${ident(schema)}`)
}

export function dropRoutine(oid: number): string {
  return eachRoutine([oid], 'drop routine %s restrict')
}
