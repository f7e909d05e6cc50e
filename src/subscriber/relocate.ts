import { markOf } from '../catalog/names.ts'
import { dollarQuoted, ident, literal, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { PublishedTable } from './subscriber.ts'

/** A table of the subscriber goes to its new name; readers find a view under the old one, if the plan wants that. */
export function goThere(table: PublishedTable, planName: string, keepsOldName: boolean): string[] {
  const [old, fresh] = names(table)
  return [
    ...ensureSchema(table.target, planName),
    `alter table ${qualified(old)} set schema ${ident(table.target)}`,
    ...(keepsOldName ? [readersView(old, fresh, planName)] : []),
  ]
}

export function comeBack(table: PublishedTable, hasView: boolean): string[] {
  const [old, fresh] = names(table)
  return [
    ...(hasView ? [`drop view ${qualified(old)} restrict`] : []),
    `alter table ${qualified(fresh)} set schema ${ident(table.source)}`,
  ]
}

export function dropOldName(table: PublishedTable): string {
  return `drop view ${qualified(names(table)[0])} restrict`
}

export function makeOldName(table: PublishedTable, planName: string): string {
  return readersView(...names(table), planName)
}

export function ensureSchema(schema: string, planName: string): string[] {
  const body = `
begin
  if to_regnamespace(${literal(ident(schema))}) is null then
    create schema ${ident(schema)};
    comment on schema ${ident(schema)} is ${literal(markOf(planName))};
  end if;
end
`
  return [`do ${dollarQuoted(body)}`]
}

/** Drops a schema that the tool has made, once nothing is in it. */
export function dropSchema(schema: string, planName: string): string {
  const body = `
begin
  if obj_description(to_regnamespace(${literal(ident(schema))}), 'pg_namespace') = ${literal(markOf(planName))} then
    drop schema ${ident(schema)} restrict;
  end if;
exception when dependent_objects_still_exist then null;
end
`
  return `do ${dollarQuoted(body)}`
}

/** Everyone who may read the table reads on by its old name. */
function readersView(view: QualifiedName, table: QualifiedName, planName: string): string {
  const [name, from] = [literal(qualified(view)), literal(qualified(table))]
  const body = `
declare
  t pg_class; g record;
begin
  select c.* into strict t from pg_class c where c.oid = ${from}::regclass;
  execute format('create view %s %s as select * from %s', ${name},
    case when t.relrowsecurity and current_setting('server_version_num')::integer >= 150000 then 'with (security_invoker = true)' else '' end, ${from});
  execute format('alter view %s owner to %I', ${name}, pg_get_userbyid(t.relowner));
  execute format('comment on rule "_RETURN" on %s is %L', ${name}, ${literal(markOf(planName))});
  for g in select d.description, a.attname
             from pg_description d left join pg_attribute a on a.attrelid = t.oid and a.attnum = nullif(d.objsubid, 0)
            where d.classoid = 'pg_class'::regclass and d.objoid = t.oid
  loop
    execute case when g.attname is null then format('comment on view %s is %L', ${name}, g.description)
                 else format('comment on column %s.%I is %L', ${name}, g.attname, g.description) end;
  end loop;
  for g in select x.privilege_type, null::text as col, x.grantee from aclexplode(t.relacl) x where x.grantee <> t.relowner and x.privilege_type = 'SELECT'
           union all
           select x.privilege_type, a.attname, x.grantee from pg_attribute a, aclexplode(a.attacl) x
            where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and x.grantee <> t.relowner and x.privilege_type = 'SELECT'
  loop
    execute format('grant %s%s on %s to %s', g.privilege_type, case when g.col is null then '' else format(' (%I)', g.col) end, ${name},
      case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end);
  end loop;
end
`
  return `do ${dollarQuoted(body)}`
}

function names({ name, source, target }: PublishedTable): [QualifiedName, QualifiedName] {
  return [
    { schema: source, name },
    { schema: target, name },
  ]
}
