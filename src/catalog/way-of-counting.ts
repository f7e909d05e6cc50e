import type { Session } from '../pg/session.ts'

/** A condition that every session of this database tracks functions in plpgsql, whatever its role is. */
export const tracksAll = `(
  exists (select from pg_settings where name = 'track_functions' and reset_val in ('pl', 'all'))
  and not exists (
    select from pg_db_role_setting s cross join unnest(s.setconfig) c
     where c ~* '^track_functions=' and c !~* '=(pl|all)$'
       and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))))`

/** Whether a telltale turns its own counting on, or every session has it already; null where neither is possible. */
export type WayOfCounting = 'itself' | 'server' | null

/**
 * How a telltale made by this role would be counted: `itself`, where the role may set track_functions; `server`, where
 * every session has it already; null where neither is.
 */
export async function readWayOfCounting(session: Session): Promise<WayOfCounting> {
  const {
    super: isSuperuser,
    version,
    everywhere,
  } = await session.one<{
    super: boolean
    version: number
    everywhere: boolean
  }>(
    `select (select rolsuper from pg_roles where rolname = current_user) as super,
            current_setting('server_version_num')::int as version, ${tracksAll} as everywhere`,
  )
  if (isSuperuser) return 'itself'
  if (version >= 150_000) {
    const { may } = await session.one<{ may: boolean }>(
      `select has_parameter_privilege(current_user, 'track_functions', 'SET') as may`,
    )
    if (may) return 'itself'
  }
  return everywhere ? 'server' : null
}
