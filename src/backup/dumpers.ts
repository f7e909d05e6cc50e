import { randomBytes } from 'node:crypto'
import { enterProgram, ownAmong, startedAt, type Seen } from '../catalog/own-sessions.ts'
import { Session } from '../pg/session.ts'
import type { DatabaseTarget } from '../pg/target.ts'

const backupLock = 'pg-relocate backup'

/** The session of a backup, known to other backups while it lives. */
export interface Dumper {
  readonly session: Session
  /** Names the session for as long as it lives. */
  readonly token: string
  /** The session's, and that of the pg_dump that works with it; nobody guesses it. */
  readonly applicationName: string
}

/**
 * Connects as one that takes a backup, and says by what name its pg_dump will connect.
 * @throws MigrateError `connection-failed`
 */
export async function connectDumper(
  target: DatabaseTarget,
  plan: string,
  isScheduled: boolean,
): Promise<Dumper> {
  const token = randomBytes(4).toString('hex')
  const applicationName = `${isScheduled ? takes(plan) : phaseDumps(plan)}${token}`
  const session = await Session.connect(target, `migrate/${plan}/${isScheduled ? 'take' : 'backup'}`)
  try {
    // Whoever looks for orphans takes one that has the name and not the lock for one.
    await session.query('select pg_advisory_lock(hashtext($1), hashtext($2))', [backupLock, token])
    await enterProgram(session, applicationName)
    await session.query(`select set_config('application_name', $1, false)`, [applicationName])
    return { session, token, applicationName }
  } catch (error) {
    await session.close()
    throw error
  }
}

/** Whether a backup with this token is being taken, from whichever database of the server. */
export async function isDumping(session: Session, token: string): Promise<boolean> {
  const { alive } = await session.one<{ alive: boolean }>(`select ${isLocked('$1', '$2')} as alive`, [
    backupLock,
    token,
  ])
  return alive
}

/**
 * Ends dumps of this plan whose runner was killed: they go on without it, hold a lock on every table, and would keep
 * a switch waiting. A dump of a phase is one whenever the caller holds the lease; any other when its session is gone.
 * @returns how many sessions were ended
 */
export async function endOrphans(session: Session, plan: string, holdsLease: boolean): Promise<number> {
  const found = await session.query<Seen & { readonly pid: number; readonly application: string }>(
    `select a.pid, ${startedAt('a')}, a.usename as role, a.application_name as application
       from pg_stat_activity a
      where a.datname = current_database() and a.usename = current_user and a.pid <> pg_backend_pid()
        and (starts_with(a.application_name, $1) and $2
             or starts_with(a.application_name, $3)
                and not ${isLocked('$4', 'substr(a.application_name, length($3) + 1)')})`,
    [phaseDumps(plan), holdsLease, takes(plan), backupLock],
  )
  const own = await ownAmong(session, found)
  const ended = found.filter((each) => own.has(each))
  await session.query('select pg_terminate_backend(pid, 5000) from unnest($1::int[]) pid', [
    ended.map(({ pid }) => pid),
  ])
  return ended.length
}

/** A condition that somebody holds the advisory lock of two names. */
function isLocked(first: string, second: string): string {
  return `exists (
    select from pg_locks l
     where l.locktype = 'advisory' and l.granted and l.objsubid = 2
       and l.classid = (hashtext(${first})::bigint & 4294967295)::oid
       and l.objid = (hashtext(${second})::bigint & 4294967295)::oid)`
}

/** How the application names of a plan's backups begin: those of its phases, and those taken at other times. */
function phaseDumps(plan: string): string {
  return `migrate/${plan}/backup-`
}

function takes(plan: string): string {
  return `migrate/${plan}/take-`
}
