import type { Session } from '../pg/session.ts'
import { levelsOf, pathInForce, type SearchPaths } from './search-paths.ts'

/** The search_path that new sessions of a role, or of all roles without one of their own, get in this database. */
export interface PathSetting {
  /** null is the database itself. */
  readonly role: string | null
  /** What is set for this role in this database, or for the database; null when nothing is. */
  readonly own: string | null
  /** What applies now: that, else the role's, else the database's, else that of all roles, else the server's. */
  readonly effective: string
}

/** The settings of the database, and of the given roles. */
export function pathSettings(paths: SearchPaths, roles: readonly string[]): PathSetting[] {
  return [null, ...roles.toSorted()].map((role) => {
    const level = role === null ? 'database' : 'role in database'
    const own = levelsOf(paths, role).find(({ at }) => at === level)?.path ?? null
    return { role, own, effective: pathInForce(paths, role) }
  })
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
