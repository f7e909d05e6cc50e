import { ident, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'

/** A column as far as its content goes. */
export interface ContentColumn {
  readonly name: string
  /** As declared, with domain and modifier, for people. */
  readonly declared: string
  /** The type below all domains without its modifier, as it stands in a cast: `bpchar`, `"bit"`, `app.mood[]`. */
  readonly type: string
  /** `pg_type.typtype` of that type: b, e, c, r, m. */
  readonly typeKind: string
  /** Whether that type is one of pg_catalog, whose binary form is the same on every server. */
  readonly isBuiltIn: boolean
  readonly isGenerated: boolean
  readonly isIdentityAlways: boolean
}

export function nameKey({ schema, name }: QualifiedName): string {
  return JSON.stringify([schema, name])
}

/** The columns of tables and views in the order of their names, which is the same wherever the table was made. */
export async function readColumns(
  session: Session,
  relations: readonly QualifiedName[],
): Promise<Map<string, ContentColumn[]>> {
  const rows = await session.query<ContentColumn & QualifiedName & { column: string | null }>(
    `with recursive wanted as (
       select w.schema, w.name, c.oid from unnest($1::text[], $2::text[]) w (schema, name)
         join pg_namespace n on n.nspname = w.schema
         join pg_class c on c.relnamespace = n.oid and c.relname = w.name),
     base as (
       select t.oid as type, t.oid as below, t.typtype, t.typbasetype from pg_type t
        where t.oid in (select a.atttypid from pg_attribute a join wanted w on w.oid = a.attrelid)
       union all
       select b.type, t.oid, t.typtype, t.typbasetype from base b join pg_type t on t.oid = b.typbasetype
        where b.typtype = 'd')
     select w.schema, w.name, a.attname as "column", format_type(a.atttypid, a.atttypmod) as declared,
            format_type(t.oid, -1) as type, t.typtype as "typeKind", t.typnamespace = 'pg_catalog'::regnamespace as "isBuiltIn",
            a.attgenerated <> '' as "isGenerated", a.attidentity = 'a' as "isIdentityAlways"
       from wanted w
       left join (pg_attribute a join base b on b.type = a.atttypid and b.typtype <> 'd' join pg_type t on t.oid = b.below)
         on a.attrelid = w.oid and a.attnum > 0 and not a.attisdropped
      order by w.schema, w.name, a.attname collate "C"`,
    [relations.map(({ schema }) => schema), relations.map(({ name }) => name)],
  )
  const found = new Map<string, ContentColumn[]>()
  for (const { schema, name, column, ...rest } of rows) {
    const key = nameKey({ schema, name })
    const columns = found.get(key) ?? []
    found.set(key, column === null ? columns : [...columns, { ...rest, name: column }])
  }
  return found
}

/**
 * A value of `t` as its type writes it. A cast to text is whatever the owner of a type has made it, and would run with the
 * rights of whoever compares: only the types of the server are cast. char(n) loses by a cast the blanks that belong to it.
 * A composite value of nulls alone is not NULL, though it IS NULL.
 */
export function asText({
  name,
  type,
  isBuiltIn,
}: Pick<ContentColumn, 'name' | 'type' | 'isBuiltIn'>): string {
  const value = `t.${ident(name)}`
  if (!isBuiltIn) return `case when num_nulls(${value}) = 0 then concat(${value}) end`
  return type === 'bpchar' ? `concat(${value})` : `${value}::text`
}
