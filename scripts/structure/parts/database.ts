import { firstNormalOid, isExtensions, rights, type Part } from './part.ts'

export const schemas: Part = () => `
  select n.nspname as schema, concat_ws(' | ', format('schema %I', n.nspname), 'owner ' || pg_get_userbyid(n.nspowner),
         'rights ' || ${rights('n.nspacl', `'n'`, 'n.nspowner')}) as line
    from pg_namespace n
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not ${isExtensions('pg_namespace', 'n.oid')}`

export const extensions: Part = () => `
  select null as schema, format('extension %I | %s | in %I | owner %s', e.extname, e.extversion, n.nspname, pg_get_userbyid(e.extowner)) as line
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace`

export const defaultPrivileges: Part = () => `
  select n.nspname as schema, concat_ws(' | ', 'default privileges of ' || pg_get_userbyid(d.defaclrole), 'in ' || n.nspname, 'on ' || d.defaclobjtype::text,
         (select string_agg(item::text, ' ' order by item::text collate "C") from unnest(d.defaclacl) item)) as line
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace`

/** Settings of the database, and of roles within it. */
export const settings: Part = () => `
  select null as schema, 'setting of ' || case s.setrole when 0 then 'the database' else pg_get_userbyid(s.setrole) end || ' | ' || setting as line
    from pg_db_role_setting s, unnest(s.setconfig) setting
   where s.setdatabase = (select oid from pg_database where datname = current_database())`

export const publications: Part = () => `
  select null as schema, concat_ws(' | ', format('publication %I', p.pubname), 'owner ' || pg_get_userbyid(p.pubowner),
         (to_jsonb(p.*) - 'oid' - 'pubname' - 'pubowner')::text) as line
    from pg_publication p`

/** A publication has schemas, column lists and row filters from PostgreSQL 15 on. */
export const publishedTables: Part = ({ major }) => `
  select null as schema, concat_ws(' | ', format('publication %I of %s', p.pubname, r.prrelid::regclass)
         ${
           major < 15
             ? ''
             : `, 'columns ' || (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                    where a.attrelid = r.prrelid and a.attnum = any(r.prattrs)), 'where ' || pg_get_expr(r.prqual, r.prrelid)`
         }) as line
    from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
   ${
     major < 15
       ? ''
       : `union all
          select null, format('publication %I of schema %s', p.pubname, s.pnnspid::regnamespace)
            from pg_publication_namespace s join pg_publication p on p.oid = s.pnpubid`
   }`

export const subscriptions: Part = () => `
  select null as schema, format('subscription %I | owner %s | enabled %s | %s', subname, pg_get_userbyid(subowner), subenabled, subpublications) as line
    from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())`

/** Comments on whatever there is. Objects of initdb have theirs, which are the same everywhere, except for public's. */
export const comments: Part = () => described('comment', 'description', 'pg_description')

export const labels: Part = () => described('security label', `provider || ' ' || label`, 'pg_seclabel')

function described(word: string, text: string, catalog: string): string {
  return `
  select coalesce(i.schema, (pg_identify_object_as_address(d.classoid, d.objoid, d.objsubid)).object_names[1]) as schema,
         format('${word} on %s %s | %s', i.type, i.identity, ${text}) as line
    from ${catalog} d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
   where (d.objoid >= ${firstNormalOid} or d.classoid = 'pg_namespace'::regclass and d.objoid = 'public'::regnamespace)
     and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')`
}
