import { firstNormalOid, isExtensions, isOfUsers, rights, type Part } from './part.ts'

/** Types that are not the row type of a table and not an array. */
export const types: Part = () => `
  select n.nspname as schema, concat_ws(' | ', format('type %I.%I', n.nspname, t.typname), 'kind ' || t.typtype::text,
         'owner ' || pg_get_userbyid(t.typowner), 'rights ' || ${rights('t.typacl', `'T'`, 't.typowner')},
         'of ' || format_type(nullif(t.typbasetype, 0), t.typtypmod), case when t.typnotnull then 'not null' end,
         'default ' || t.typdefault, 'collation ' || nullif(t.typcollation, 0)::regcollation::text,
         'labels ' || (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid),
         'range of ' || (select concat_ws(' ', rngsubtype::regtype, rngcanonical::regproc, rngsubdiff::regproc) from pg_range where rngtypid = t.oid),
         'input ' || case when t.typtype = 'b' then t.typinput::regproc::text end) as line
    from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
   where ${isOfUsers} and (t.typrelid = 0 or c.relkind = 'c')
     and not exists (select from pg_type e where e.typarray = t.oid) and not ${isExtensions('pg_type', 't.oid')}`

export const casts: Part = () => `
  select null as schema, concat_ws(' | ', format('cast %s as %s', format_type(k.castsource, null), format_type(k.casttarget, null)),
         'by ' || nullif(k.castfunc, 0)::regprocedure::text, 'context ' || k.castcontext::text, 'method ' || k.castmethod::text) as line
    from pg_cast k where k.oid >= ${firstNormalOid} and not ${isExtensions('pg_cast', 'k.oid')}`

/** What no table is made of: that it is there, and whose it is. */
export const others: Part = () => `
  select i.schema, format('%s %s', i.type, i.identity) || coalesce(' | owner ' || pg_get_userbyid(o.owner), '') as line
    from (select 'pg_operator'::regclass as class, oid, oprowner as owner from pg_operator
          union all select 'pg_opclass'::regclass, oid, opcowner from pg_opclass
          union all select 'pg_opfamily'::regclass, oid, opfowner from pg_opfamily
          union all select 'pg_collation'::regclass, oid, collowner from pg_collation
          union all select 'pg_conversion'::regclass, oid, conowner from pg_conversion
          union all select 'pg_ts_config'::regclass, oid, cfgowner from pg_ts_config
          union all select 'pg_ts_dict'::regclass, oid, dictowner from pg_ts_dict
          union all select 'pg_ts_parser'::regclass, oid, null from pg_ts_parser
          union all select 'pg_ts_template'::regclass, oid, null from pg_ts_template
          union all select 'pg_language'::regclass, oid, lanowner from pg_language
          union all select 'pg_foreign_data_wrapper'::regclass, oid, fdwowner from pg_foreign_data_wrapper
          union all select 'pg_foreign_server'::regclass, oid, srvowner from pg_foreign_server
          union all select 'pg_user_mapping'::regclass, oid, umuser from pg_user_mapping
          union all select 'pg_am'::regclass, oid, null from pg_am) o,
         pg_identify_object(o.class, o.oid, 0) i
   where o.oid >= ${firstNormalOid} and not exists (select from pg_depend d where d.classid = o.class and d.objid = o.oid and d.deptype = 'e')`
