import { MigrateError } from '../errors/migrate-error.ts'
import { ident } from './quoting.ts'
import type { Session } from './session.ts'

/** What the tool must know of a server before it does anything there. */
export interface ServerFacts {
  readonly versionNumber: number
  readonly major: number
  readonly version: string
  readonly inRecovery: boolean
  readonly systemIdentifier: string
  readonly databaseOid: number
  readonly database: string
  readonly user: string
  readonly isSuperuser: boolean
  readonly defaultReadOnly: boolean
  /** May the runner make itself the victim of a deadlock (SET deadlock_timeout)? */
  readonly canSetDeadlockTimeout: boolean
  readonly deadlockTimeoutMs: number
}

export const oldestMajor = 14

/**
 * Reads the server's facts and refuses what the tool cannot work with.
 * @throws MigrateError `server-unsupported`, `server-standby`, `pooler-detected`
 */
export async function checkServer(session: Session): Promise<ServerFacts> {
  const facts = await readServer(session)
  const alias = session.target.alias
  if (facts.major < oldestMajor) {
    throw new MigrateError(
      'server-unsupported',
      `database "${alias}" runs PostgreSQL ${facts.version}; ${oldestMajor} is the oldest supported`,
      { next: [`upgrade the server to PostgreSQL ${oldestMajor} or later`] },
    )
  }
  if (facts.inRecovery) {
    throw new MigrateError('server-standby', `database "${alias}" is a standby: it takes no writes`, {
      next: ['let the plan name the primary'],
    })
  }
  await refusePooler(session)
  return facts
}

export async function readServer(session: Session): Promise<ServerFacts> {
  const { may, user } = await session.one<{ may: boolean; user: string }>(
    `select has_function_privilege('pg_control_system()', 'EXECUTE') as may, current_user as "user"`,
  )
  if (!may) {
    throw new MigrateError(
      'privilege-missing',
      `role ${user} may not read the server’s identity (function pg_control_system)`,
      {
        next: [`grant execute on function pg_control_system() to ${ident(user)}`],
      },
    )
  }
  const row = await session.one<{
    num: number
    version: string
    recovery: boolean
    system: string
    oid: number
    database: string
    user: string
    super: boolean
    read_only: string
    deadlock_ms: number
  }>(`
    select current_setting('server_version_num')::int as num,
           current_setting('server_version') as version,
           pg_is_in_recovery() as recovery,
           (select system_identifier::text from pg_control_system()) as system,
           (select oid from pg_database where datname = current_database()) as oid,
           current_database() as database,
           current_user as "user",
           (select rolsuper from pg_roles where rolname = current_user) as super,
           (select reset_val from pg_settings where name = 'default_transaction_read_only') as read_only,
           (select setting::int from pg_settings where name = 'deadlock_timeout') as deadlock_ms`)
  return {
    versionNumber: row.num,
    major: Math.floor(row.num / 10_000),
    version: row.version,
    inRecovery: row.recovery,
    systemIdentifier: row.system,
    databaseOid: row.oid,
    database: row.database,
    user: row.user,
    isSuperuser: row.super,
    defaultReadOnly: row.read_only === 'on',
    canSetDeadlockTimeout: row.super || (await mayGrantedSet(session, row.num)),
    deadlockTimeoutMs: row.deadlock_ms,
  }
}

/** GRANT SET ON PARAMETER exists since 15. */
async function mayGrantedSet(session: Session, versionNumber: number): Promise<boolean> {
  if (versionNumber < 150_000) return false
  const { may } = await session.one<{ may: boolean }>(
    `select has_parameter_privilege(current_user, 'deadlock_timeout', 'SET') as may`,
  )
  return may
}

/**
 * A pooler sits between: advisory locks, SET LOCAL and the journal's fencing would belong to whichever server
 * session the pooler lends. It is known by the process id of the start-up packet, which a pooler invents, and by
 * two transactions that run in different backends.
 */
async function refusePooler(session: Session): Promise<void> {
  const first = await session.one<{ pid: number }>('select pg_backend_pid() as pid')
  const second = await session.one<{ pid: number }>('select pg_backend_pid() as pid')
  if (first.pid === second.pid && first.pid === session.announcedPid) return
  throw new MigrateError(
    'pooler-detected',
    `database "${session.target.alias}" is reached through a connection pooler`,
    {
      detail: [
        `the connection announced backend ${session.announcedPid}, the server runs it in backend ${first.pid}`,
      ],
      next: ['give the plan the server’s own host and port; applications may keep using the pooler'],
    },
  )
}
