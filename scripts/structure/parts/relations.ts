import { isExtensions, isOfUsers, rights, type Part } from './part.ts'

/** Tables, views, sequences, foreign tables and composite types. */
export const relations: Part = () => `
  select n.nspname as schema, concat_ws(' | ', format('relation %I.%I', n.nspname, c.relname), 'kind ' || c.relkind::text,
         'owner ' || pg_get_userbyid(c.relowner), 'persistence ' || c.relpersistence::text, 'replica identity ' || c.relreplident::text,
         'row security ' || c.relrowsecurity || ' forced ' || c.relforcerowsecurity, 'options ' || c.reloptions::text,
         'toast options ' || (select t.reloptions::text from pg_class t where t.oid = c.reltoastrelid),
         'of ' || nullif(c.reloftype, 0)::regtype::text, 'access method ' || (select amname from pg_am where oid = c.relam),
         'tablespace ' || (select spcname from pg_tablespace where oid = c.reltablespace),
         'parents ' || (select string_agg(inhparent::regclass::text, ', ' order by inhseqno) from pg_inherits where inhrelid = c.oid),
         'partitioned by ' || pg_get_partkeydef(c.oid), 'bounds ' || pg_get_expr(c.relpartbound, c.oid),
         'server ' || (select srvname || ' ' || coalesce(ftoptions::text, '') from pg_foreign_table join pg_foreign_server f on f.oid = ftserver where ftrelid = c.oid),
         'populated ' || c.relispopulated, 'rights ' || ${rights('c.relacl', kindOfRights, 'c.relowner')}) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where ${isOfUsers} and c.relpersistence <> 't' and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
     and not ${isExtensions('pg_class', 'c.oid')}`

/** Columns by their order among those that were not dropped. */
export const columns: Part = () => `
  select n.nspname as schema, concat_ws(' | ',
         format('column %I.%I.%I', n.nspname, c.relname, a.attname),
         'number ' || row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod),
         case when a.attnotnull then 'not null' end, 'identity ' || nullif(a.attidentity::text, ''), 'generated ' || nullif(a.attgenerated::text, ''),
         'default ' || pg_get_expr(d.adbin, d.adrelid), 'collation ' || nullif(a.attcollation, 0)::regcollation::text,
         'storage ' || a.attstorage::text, 'compression ' || nullif(a.attcompression::text, ''), 'statistics ' || nullif(a.attstattarget::int, -1),
         'options ' || a.attoptions::text, 'foreign options ' || a.attfdwoptions::text,
         'local ' || a.attislocal || ' inherited ' || a.attinhcount,
         'rights ' || (select string_agg(item::text, ' ' order by item::text collate "C") from unnest(a.attacl) item))
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where ${isOfUsers} and a.attnum > 0 and not a.attisdropped and c.relpersistence <> 't'
     and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and not ${isExtensions('pg_class', 'c.oid')}`

/** Of tables and of domains; those of not null have a name from PostgreSQL 18 on. */
export const constraints: Part = () => `
  select n.nspname as schema, concat_ws(' | ',
         format('constraint %I on %s', k.conname, case k.conrelid when 0 then k.contypid::regtype::text else k.conrelid::regclass::text end),
         pg_get_constraintdef(k.oid), 'validated ' || k.convalidated, 'local ' || k.conislocal || ' inherited ' || k.coninhcount,
         case when k.connoinherit then 'not inherited' end, 'of parent ' || p.conname)
    from pg_constraint k join pg_namespace n on n.oid = k.connamespace left join pg_constraint p on p.oid = k.conparentid
   where ${isOfUsers} and k.contype <> 't'`

export const indexes: Part = () => `
  select n.nspname as schema, concat_ws(' | ', format('index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid),
         'valid ' || i.indisvalid, case when i.indisclustered then 'clustered' end, case when i.indisreplident then 'replica identity' end,
         'part of ' || (select inhparent::regclass::text from pg_inherits where inhrelid = i.indexrelid),
         'tablespace ' || (select spcname from pg_tablespace where oid = c.reltablespace),
         'statistics ' || (select string_agg(attnum || '=' || attstattarget, ' ' order by attnum) from pg_attribute
                            where attrelid = i.indexrelid and attstattarget >= 0))
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
   where ${isOfUsers} and c.relpersistence <> 't'`

export const sequences: Part = () => `
  select n.nspname as schema, concat_ws(' | ', format('sequence %s', s.seqrelid::regclass), s.seqtypid::regtype,
         format('start %s increment %s min %s max %s cache %s', s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache),
         case when s.seqcycle then 'cycle' end,
         'owned by ' || (select format('%s.%I', d.refobjid::regclass, a.attname) || case d.deptype when 'i' then ' as identity' else '' end
                           from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                          where d.classid = 'pg_class'::regclass and d.objid = s.seqrelid
                            and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
   where ${isOfUsers} and c.relpersistence <> 't'`

export const extendedStatistics: Part = () => `
  select n.nspname as schema, concat_ws(' | ', format('statistics %I.%I', n.nspname, s.stxname),
         pg_get_statisticsobjdef(s.oid), 'owner ' || pg_get_userbyid(s.stxowner), 'target ' || nullif(s.stxstattarget::int, -1))
    from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where ${isOfUsers}`

/** A letter for acldefault(). */
const kindOfRights = `(case c.relkind when 'S' then 's' else 'r' end)::"char"`
