import type { Session } from '../pg/session.ts'

export interface RoleFacts {
  readonly name: string
  readonly isSuperuser: boolean
  /** May the runner act as this role (superuser, itself, or a member)? */
  readonly isMine: boolean
}

export async function readRoles(session: Session): Promise<RoleFacts[]> {
  return session.query<RoleFacts>(
    `select rolname as name, rolsuper as "isSuperuser", pg_has_role(current_user, oid, 'MEMBER') as "isMine"
       from pg_roles order by rolname`,
  )
}

export interface SchemaFacts {
  readonly name: string
  readonly owner: string
  readonly comment: string | null
  readonly mayCreate: boolean
  readonly objects: number
  /** Roles with USAGE and roles with CREATE by name; null is PUBLIC. */
  readonly usage: readonly (string | null)[]
  readonly create: readonly (string | null)[]
}

const granted = (privilege: string): string => `
  (select coalesce(jsonb_agg(case when x.grantee <> 0 then pg_get_userbyid(x.grantee) end order by 1), '[]')
     from aclexplode(n.nspacl) x where x.privilege_type = '${privilege}')`

export async function readSchemas(session: Session): Promise<SchemaFacts[]> {
  return session.query<SchemaFacts>(
    `select n.nspname as name, pg_get_userbyid(n.nspowner) as owner, obj_description(n.oid, 'pg_namespace') as comment,
            has_schema_privilege(n.oid, 'CREATE') as "mayCreate",
            (select count(*)::int from pg_class c where c.relnamespace = n.oid) as objects,
            ${granted('USAGE')} as usage, ${granted('CREATE')} as create
       from pg_namespace n where n.nspname !~ '^pg_(toast|temp)' order by 1`,
  )
}

/** Timeouts and paths set for roles or databases, which decide what a client sees of a stall. */
export async function readClientSettings(
  session: Session,
): Promise<{ database: string; role: string; setting: string }[]> {
  return session.query(
    `select coalesce(d.datname, '*') as database, coalesce(r.rolname, '*') as role, x as setting
       from pg_db_role_setting g
       left join pg_database d on d.oid = g.setdatabase
       left join pg_roles r on r.oid = g.setrole
      cross join lateral unnest(g.setconfig) x
      where x ~ '^(statement_timeout|lock_timeout|transaction_timeout)=' and coalesce(d.datname, current_database()) = current_database()
      order by 1, 2, 3`,
  )
}
