import type { Session } from '../pg/session.ts'

/** The search_path that new sessions of a role, or of all roles without one of their own, get in this database. */
export interface PathSetting {
  /** null is the database itself. */
  readonly role: string | null
  /** What is set for this role in this database, or for the database; null when nothing is. */
  readonly own: string | null
  /** What applies now: that, else the role's, else the database's, else the server's. */
  readonly effective: string
}

/** Reads the settings of the given roles that exist, and of the database. */
export async function readPathSettings(
  session: Session,
  roles: readonly string[],
  isSuperuser: boolean,
): Promise<PathSetting[]> {
  // Only a superuser may read the configuration files; for others their own default tells, where nothing else is set.
  const [configured] = isSuperuser
    ? await session.query<{ path: string }>(
        `select setting as path from pg_file_settings where name = 'search_path' and applied order by seqno desc limit 1`,
      )
    : []
  return session.query<PathSetting>(
    `with db as (select oid from pg_database where datname = current_database()),
     path as (
       select s.setdatabase as database, s.setrole as role, substr(x, length('search_path=') + 1) as path
         from pg_db_role_setting s cross join lateral unnest(s.setconfig) x where x like 'search\\_path=%'),
     server as (
       select coalesce($2, case when exists (select from path cross join db where path.database in (0, db.oid)
                                                and path.role in (0, (select oid from pg_roles where rolname = current_user)))
                                then s.boot_val else s.reset_val end) as path
         from pg_settings s where s.name = 'search_path')
     select r.rolname as role, p.path as own, coalesce(p.path, of_role.path, of_database.path, server.path) as effective
       from server cross join db
      cross join (select oid, rolname from pg_roles where rolname = any($1::text[])
                  union all select 0, null) r
       left join path p on p.database = db.oid and p.role = r.oid
       left join path of_role on of_role.database = 0 and of_role.role = r.oid and r.oid <> 0
       left join path of_database on of_database.database = db.oid and of_database.role = 0
      order by r.rolname nulls first`,
    [roles, configured?.path ?? null],
  )
}

/** A path that was set as one quoted name with a comma in it, which finds nothing (manual, chapter 20.11.1). */
export async function readMistakenPaths(
  session: Session,
): Promise<{ role: string | null; database: string | null; path: string }[]> {
  return session.query(
    `select r.rolname as role, d.datname as database, substr(x, length('search_path=') + 1) as path
       from pg_db_role_setting s cross join lateral unnest(s.setconfig) x
       left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
      where x ~ '^search_path=.*"[^"]*,[^"]*"' and (s.setdatabase = 0 or d.datname = current_database())
      order by 1, 2`,
  )
}
