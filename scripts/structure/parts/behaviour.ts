import { isExtensions, isOfUsers, rights, type Part } from './part.ts'

export const views: Part = () => `
  select n.nspname as schema, format('view %s | %s', c.oid::regclass, pg_get_viewdef(c.oid)) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where ${isOfUsers} and c.relkind in ('v', 'm') and not ${isExtensions('pg_class', 'c.oid')}`

export const triggers: Part = () => `
  select n.nspname as schema, format('trigger %I on %s | %s | enabled %s', t.tgname, t.tgrelid::regclass, pg_get_triggerdef(t.oid), t.tgenabled) as line
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
   where ${isOfUsers} and not t.tgisinternal and c.relpersistence <> 't'`

/** The rule that makes a view a view is the view's definition. */
export const rules: Part = () => `
  select n.nspname as schema, format('rule %I on %s | %s | enabled %s', r.rulename, r.ev_class::regclass, pg_get_ruledef(r.oid), r.ev_enabled) as line
    from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
   where ${isOfUsers} and r.rulename <> '_RETURN' and not ${isExtensions('pg_class', 'c.oid')}`

export const policies: Part = () => `
  select n.nspname as schema, concat_ws(' | ', format('policy %I on %s', p.polname, p.polrelid::regclass), 'for ' || p.polcmd::text,
         'permissive ' || p.polpermissive::text,
         'to ' || (select string_agg(case role when 0 then 'public' else pg_get_userbyid(role) end, ', ' order by pg_get_userbyid(role)) from unnest(p.polroles) role),
         'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid)) as line
    from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where ${isOfUsers}`

export const functions: Part = () => `
  select n.nspname as schema, concat_ws(' | ', format('function %s', p.oid::regprocedure),
         'owner ' || pg_get_userbyid(p.proowner), 'rights ' || ${rights('p.proacl', `'f'`, 'p.proowner')},
         case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end, to_jsonb(a.*)::text) as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace left join pg_aggregate a on a.aggfnoid = p.oid
   where ${isOfUsers} and not ${isExtensions('pg_proc', 'p.oid')}`

export const eventTriggers: Part = () => `
  select null as schema, concat_ws(' | ', format('event trigger %I', e.evtname), 'on ' || e.evtevent::text, 'owner ' || pg_get_userbyid(e.evtowner),
         e.evtfoid::regprocedure, 'enabled ' || e.evtenabled::text, 'tags ' || e.evttags::text) as line
    from pg_event_trigger e where not ${isExtensions('pg_event_trigger', 'e.oid')}`
