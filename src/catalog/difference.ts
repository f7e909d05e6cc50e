/** In what a view differs from the table it stands in for. */
export type Difference = 'columns' | 'defaults' | 'owner' | 'privileges' | 'row security'

const columns = (relation: string): string => `
  (select array_agg((att.attname, att.atttypid, att.atttypmod, att.attcollation)::text order by att.attnum) from pg_attribute att
    where att.attrelid = ${relation} and att.attnum > 0 and not att.attisdropped)`

const defaults = (relation: string): string => `
  (select array_agg(att.attname || ' ' || pg_get_expr(def.adbin, def.adrelid) order by att.attname)
     from pg_attrdef def join pg_attribute att on att.attrelid = def.adrelid and att.attnum = def.adnum
    where def.adrelid = ${relation} and att.attgenerated = '' and att.attidentity = '')`

const privileges = (relation: string): string => `
  (select array_agg(entry order by entry) from (
     select (acl.grantee, acl.privilege_type, acl.is_grantable)::text as entry
       from pg_class rel cross join lateral aclexplode(rel.relacl) acl where rel.oid = ${relation} and acl.grantee <> rel.relowner
     union all
     select (att.attname, acl.grantee, acl.privilege_type, acl.is_grantable)::text
       from pg_class rel join pg_attribute att on att.attrelid = rel.oid and att.attnum > 0 and not att.attisdropped
      cross join lateral aclexplode(att.attacl) acl where rel.oid = ${relation} and acl.grantee <> rel.relowner) line)`

const comments = (relation: string): string => `
  (select array_agg((att.attname, des.description)::text order by att.attname)
     from pg_description des left join pg_attribute att on att.attrelid = des.objoid and att.attnum = nullif(des.objsubid, 0)
    where des.classoid = 'pg_class'::regclass and des.objoid = ${relation})`

/**
 * The SQL of a text array with the differences between a table and its view, both given as expressions of type oid.
 * The view must have the table's columns, or statements fail; its defaults, or SET column = DEFAULT stores NULL; its
 * owner and privileges, or someone is refused or let in; and act as its caller exactly if the table has row security.
 */
export function differences(table: string, view: string): string {
  return listed([
    one('columns', columnsDiffer(table, view)),
    one('defaults', `${defaults(table)} is distinct from ${defaults(view)}`),
    one(
      'owner',
      `(select relowner from pg_class where oid = ${table}) is distinct from (select relowner from pg_class where oid = ${view})`,
    ),
    one('privileges', `${privileges(table)} is distinct from ${privileges(view)}`),
    one(
      'row security',
      `(select relrowsecurity from pg_class where oid = ${table}) is distinct from ` +
        `(select coalesce('security_invoker=true' = any(reloptions), false) from pg_class where oid = ${view})`,
    ),
  ])
}

/** The SQL of a condition; no statement fails for it, but people, documentation and generators of APIs read comments. */
export function commentsDiffer(table: string, other: string): string {
  return `${comments(table)} is distinct from ${comments(other)}`
}

function one(name: Difference, condition: string): string {
  return `case when ${condition} then '${name}' end`
}

function listed(list: readonly string[]): string {
  return `array_remove(array[${list.join(',\n')}], null)`
}

/** The SQL of a condition: have table and view other columns? */
export function columnsDiffer(table: string, view: string): string {
  return `${columns(table)} is distinct from ${columns(view)}`
}
