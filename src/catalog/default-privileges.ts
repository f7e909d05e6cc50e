import type { Session } from '../pg/session.ts'

/** One entry of ALTER DEFAULT PRIVILEGES. */
export interface DefaultPrivilege {
  /** The role whose new objects get it. */
  readonly creator: string
  /** The schema it is limited to; null for all. */
  readonly schema: string | null
  /** 'TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES' */
  readonly objects: string
  readonly grantee: string | null
  readonly privilege: string
  readonly grantable: boolean
}

/** What new objects of the given schemas, or of any, are granted by themselves (manual, chapter on ALTER DEFAULT PRIVILEGES). */
export async function readDefaultPrivileges(
  session: Session,
  schemas: readonly string[],
): Promise<DefaultPrivilege[]> {
  return session.query<DefaultPrivilege>(
    `select pg_get_userbyid(d.defaclrole) as creator, n.nspname as schema,
            case d.defaclobjtype when 'r' then 'TABLES' when 'S' then 'SEQUENCES' when 'f' then 'FUNCTIONS' when 'T' then 'TYPES' end as objects,
            case when x.grantee <> 0 then pg_get_userbyid(x.grantee) end as grantee,
            x.privilege_type as privilege, x.is_grantable as grantable
       from pg_default_acl d
       left join pg_namespace n on n.oid = d.defaclnamespace
      cross join lateral aclexplode(d.defaclacl) x
      where (d.defaclnamespace = 0 or n.nspname = any($1)) and d.defaclobjtype in ('r', 'S', 'f', 'T')
        and x.grantee <> d.defaclrole
      order by 1, 2 nulls first, 3, 4 nulls first, 5`,
    [schemas],
  )
}
