import type { Session } from '../pg/session.ts'

/** A type of a schema that a plan can name; not the row types of tables and not array types. */
export interface TypeName {
  readonly oid: number
  readonly name: string
  readonly extension: string | null
}

/** `composite` keeps the row types of tables and views out. */
const named = `t.typtype in ('e', 'd', 'c', 'r', 'b') and t.typelem = 0
  and not exists (select from pg_class c where c.oid = t.typrelid and c.relkind <> 'c')`

export async function readTypes(session: Session, schema: string): Promise<TypeName[]> {
  return session.query<TypeName>(
    `select t.oid, t.typname as name,
            (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
              where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e') as extension
       from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where n.nspname = $1 and ${named} order by t.typname`,
    [schema],
  )
}

export interface TypeLocation {
  readonly oid: number
  readonly schema: string
  readonly owner: string
  /** Why it cannot be moved; null if it can. */
  readonly obstacle: string | null
  /** Does another type or relation have its name, or that of its array type, in the schema it goes to? */
  readonly isTaken: boolean
}

export async function readTypeLocations(
  session: Session,
  types: readonly { oid: number; target: string }[],
): Promise<Map<number, TypeLocation>> {
  if (types.length === 0) return new Map()
  const rows = await session.query<TypeLocation>(
    `with moved as (select (m->>'oid')::oid as oid, m->>'target' as target from jsonb_array_elements($1::jsonb) m)
     select t.oid, n.nspname as schema, pg_get_userbyid(t.typowner) as owner,
            case when t.typtype = 'r' then 'its constructor functions and its multirange type would not go with it'
                 when t.typtype = 'b' then 'its input and output functions would not go with it'
                 when exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
                   then 'it belongs to an extension, whose updates expect it where it is' end as obstacle,
            exists (select from pg_type o join pg_namespace x on x.oid = o.typnamespace
                     where x.nspname = m.target and o.oid not in (t.oid, t.typarray)
                       and o.typname in (t.typname, (select a.typname from pg_type a where a.oid = t.typarray)))
              or t.typrelid <> 0 and exists (select from pg_class o join pg_namespace x on x.oid = o.relnamespace
                     where x.nspname = m.target and o.relname = t.typname and o.oid <> t.typrelid) as "isTaken"
       from moved m join pg_type t on t.oid = m.oid join pg_namespace n on n.oid = t.typnamespace`,
    [JSON.stringify(types)],
  )
  return new Map(rows.map((row) => [row.oid, row]))
}
