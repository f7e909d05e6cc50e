import type { Session } from '../pg/session.ts'

/** The search_path that sessions of each role begin with in this database. */
export interface SearchPaths {
  readonly ofRole: ReadonlyMap<string, string>
  readonly ofOthers: string
}

/**
 * A setting for a role in this database goes before one of the role, that before one of the database (manual,
 * ALTER ROLE). What postgresql.conf says is seen only if nothing is set for the session's own role or database.
 */
export async function readSearchPaths(session: Session): Promise<SearchPaths> {
  const rows = await session.query<{ role: string | null; path: string }>(
    `select r.rolname as role, substr(x, length('search_path=') + 1) as path
       from pg_db_role_setting g
       left join pg_roles r on r.oid = g.setrole
       left join pg_database d on d.oid = g.setdatabase
      cross join lateral unnest(g.setconfig) x
      where x like 'search_path=%' and coalesce(d.datname, current_database()) = current_database()
      order by g.setdatabase <> 0`,
  )
  const { own, initial, role } = await session.one<{ own: string; initial: string; role: string }>(
    `select reset_val as own, boot_val as initial, session_user::text as role
       from pg_settings where name = 'search_path'`,
  )
  const ofRole = new Map(rows.flatMap(({ role: of, path }) => (of === null ? [] : [[of, path] as const])))
  const ofDatabase = rows.find((row) => row.role === null)?.path
  return { ofRole, ofOthers: ofDatabase ?? (ofRole.has(role) ? initial : own) }
}

/** The schemas that have a relation of one of these names. */
export async function readNamesakes(
  session: Session,
  names: readonly string[],
): Promise<Map<string, ReadonlySet<string>>> {
  const rows = await session.query<{ name: string; schemas: string[] }>(
    `select c.relname as name, array_agg(n.nspname::text) as schemas
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relname = any($1::name[]) and c.relpersistence <> 't'
      group by 1`,
    [names],
  )
  return new Map(rows.map(({ name, schemas }) => [name, new Set(schemas)]))
}
