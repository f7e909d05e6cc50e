import type { Session } from '../pg/session.ts'
import { byRelation } from './group.ts'

/** One privilege on a table, or on one of its columns. `grantee` null is PUBLIC. */
export interface Grant {
  readonly relation: number
  readonly column: string | null
  readonly grantee: string | null
  readonly privilege: string
  readonly grantable: boolean
}

/**
 * The privileges on the given relations, without what the owner has by owning. The list comes from aclexplode, so
 * privileges that later servers add (MAINTAIN since 17) are copied without being known here.
 */
export async function readGrants(session: Session, oids: readonly number[]): Promise<Map<number, Grant[]>> {
  const rows = await session.query<Grant>(
    `select * from (
       select c.oid as relation, null::text as "column", nullif(x.grantee, 0) as g, x.privilege_type as privilege,
              bool_or(x.is_grantable) as grantable,
              case when x.grantee <> 0 then pg_get_userbyid(x.grantee) end as grantee
         from pg_class c cross join lateral aclexplode(c.relacl) x
        where c.oid = any($1::oid[]) and x.grantee <> c.relowner
        group by c.oid, x.grantee, x.privilege_type
       union all
       select a.attrelid, a.attname, nullif(x.grantee, 0), x.privilege_type, bool_or(x.is_grantable),
              case when x.grantee <> 0 then pg_get_userbyid(x.grantee) end
         from pg_attribute a join pg_class c on c.oid = a.attrelid cross join lateral aclexplode(a.attacl) x
        where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped and x.grantee <> c.relowner
        group by a.attrelid, a.attname, x.grantee, x.privilege_type) g
      order by relation, "column" nulls first, grantee nulls first, privilege`,
    [oids],
  )
  return byRelation(
    rows.map(({ relation, column, grantee, privilege, grantable }) => ({
      relation,
      column,
      grantee,
      privilege,
      grantable,
    })),
  )
}

/** Privileges that the owner took away from itself; a view of the owner could then not read its table. */
export async function readOwnersWithout(
  session: Session,
  oids: readonly number[],
): Promise<{ relation: number; owner: string }[]> {
  return session.query(
    `select c.oid as relation, pg_get_userbyid(c.relowner) as owner
       from pg_class c join pg_roles r on r.oid = c.relowner
      where c.oid = any($1::oid[]) and not r.rolsuper
        and not (has_table_privilege(c.relowner, c.oid, 'SELECT') and has_table_privilege(c.relowner, c.oid, 'INSERT')
             and has_table_privilege(c.relowner, c.oid, 'UPDATE') and has_table_privilege(c.relowner, c.oid, 'DELETE'))
      order by 1`,
    [oids],
  )
}
