/**
 * A query whose rows are `(schema, line)`: the schema that an object is in, or null, and everything that is known of it
 * in one line. Names and definitions in it are written under an empty search_path; no OID is in it.
 */
export type Part = (server: { readonly major: number }) => string

/** SQL of the rights on an object as a sorted list; rights that were never touched are the default ones of its kind. */
export function rights(acl: string, kind: string, owner: string): string {
  return `coalesce((select string_agg(item::text, ' ' order by item::text collate "C")
                      from unnest(coalesce(${acl}, acldefault(${kind}, ${owner}))) item), 'none')`
}

/** SQL that tells whether an object belongs to an extension, which makes it again. */
export function isExtensions(catalog: string, oid: string): string {
  return `exists (select from pg_depend where classid = '${catalog}'::regclass and objid = ${oid} and deptype = 'e')`
}

/** SQL of the condition on a schema `n` that it is not the server's own. */
export const isOfUsers = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

/** Objects with an OID below this one are made by initdb. */
export const firstNormalOid = 16384
