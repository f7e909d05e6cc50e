import type { Session } from '../pg/session.ts'

/** Where a search_path is set, the one that goes before the others first (manual, ALTER ROLE). */
export const pathLevels = ['role in database', 'role', 'database', 'all roles', 'server'] as const
export type PathLevel = (typeof pathLevels)[number]

export interface PathAt {
  readonly at: PathLevel
  readonly path: string
}

/** Every search_path that is set for sessions in this database; what they set themselves is not known to the server. */
export interface SearchPaths {
  readonly settings: readonly (PathAt & {
    /** null where it is set for all. */ readonly role: string | null
  })[]
  readonly server: string
}

export async function readSearchPaths(session: Session): Promise<SearchPaths> {
  const settings = await session.query<SearchPaths['settings'][number]>(
    `select r.rolname as role, substr(x, length('search_path=') + 1) as path,
            case when s.setrole <> 0 then case when s.setdatabase <> 0 then 'role in database' else 'role' end
                 when s.setdatabase <> 0 then 'database' else 'all roles' end as at
       from pg_db_role_setting s
      cross join lateral unnest(s.setconfig) x
       left join pg_roles r on r.oid = s.setrole
      where x like 'search\\_path=%' and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))`,
  )
  return { settings, server: await readServerPath(session, settings) }
}

/** Only who may read the configuration files knows it in any case; the own default tells where nothing else is set for it. */
async function readServerPath(session: Session, settings: SearchPaths['settings']): Promise<string> {
  const { own, initial, role, mayRead } = await session.one<{
    own: string
    initial: string
    role: string
    mayRead: boolean
  }>(
    `select reset_val as own, boot_val as initial, session_user::text as role,
            has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') and current_setting('is_superuser') = 'on' as "mayRead"
       from pg_settings where name = 'search_path'`,
  )
  const [configured] = mayRead
    ? await session.query<{ path: string }>(
        `select setting as path from pg_file_settings where name = 'search_path' and applied order by seqno desc limit 1`,
      )
    : []
  const isSet = settings.some((setting) => setting.role === null || setting.role === role)
  return configured?.path ?? (isSet ? initial : own)
}

/** The paths that apply to a role, or to one that has none of its own: the first is in force. */
export function levelsOf({ settings, server }: SearchPaths, role: string | null): PathAt[] {
  const its = settings.filter((setting) => setting.role === null || setting.role === role)
  return pathLevels.flatMap((at): PathAt[] => {
    const path = at === 'server' ? server : its.find((setting) => setting.at === at)?.path
    return path === undefined ? [] : [{ at, path }]
  })
}

/** The path that sessions of a role begin with. */
export function pathInForce(paths: SearchPaths, role: string | null): string {
  return levelsOf(paths, role)[0]!.path
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
