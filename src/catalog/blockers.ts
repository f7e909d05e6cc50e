import { withoutSecrets } from '../errors/secrets.ts'
import type { Session } from '../pg/session.ts'
import { ownAmong, startedAt } from './own-sessions.ts'

/** A session that holds or awaits a lock on one of the tables. */
export interface Blocker {
  readonly pid: number | null
  readonly startedAt: string | null
  /** The relation's OID, and its name as messages have it. */
  readonly oid: number
  readonly relation: string
  readonly mode: string
  readonly application: string
  readonly role: string | null
  /** Its address; null for one on the server’s own socket. */
  readonly client: string | null
  readonly backendType: string
  readonly state: string
  readonly ageMs: number
  readonly query: string
}

/**
 * Who holds locks on the given relations now; transactions prepared for two-phase commit have no pid. Of the tool's own
 * sessions only those are told that nothing else ends: backups, and a canary that was left in its transaction.
 */
export async function readBlockers(
  session: Session,
  oids: readonly number[],
  olderThanMs = 0,
): Promise<Blocker[]> {
  const found = await session.query<Blocker>(
    `select distinct on (coalesce(l.pid, 0), l.virtualtransaction) l.pid, ${startedAt('a')},
            l.relation as oid, l.relation::regclass::text as relation, l.mode,
            coalesce(a.application_name, '') as application, a.usename as role, host(a.client_addr) as client,
            coalesce(a.backend_type, 'prepared transaction') as "backendType",
            coalesce(a.state, '') as state,
            coalesce(extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.query_start, a.backend_start)) * 1000, 0)::float8 as "ageMs",
            coalesce(left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120), '') as query
       from pg_locks l left join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'relation' and l.granted and l.relation = any($1::oid[])
        and l.database = (select oid from pg_database where datname = current_database())
        and coalesce(extract(epoch from clock_timestamp() - a.xact_start) * 1000, $2) >= $2
      order by coalesce(l.pid, 0), l.virtualtransaction, "ageMs" desc`,
    [oids, olderThanMs],
  )
  const own = await ownAmong(session, found)
  return found
    .filter((blocker) => !own.has(blocker) || staysInTheWay(blocker))
    .map((blocker) => ({ ...blocker, query: withoutSecrets(blocker.query) }))
}

function staysInTheWay({ application, state }: Blocker): boolean {
  return (
    application.includes('/take-') ||
    (application.endsWith('/canary') && state.startsWith('idle in transaction'))
  )
}

export function describeBlocker(blocker: Blocker): string {
  const who =
    blocker.pid === null
      ? 'a prepared transaction'
      : `pid ${blocker.pid} "${blocker.application || blocker.backendType}"`
  const as = blocker.role === null ? '' : ` (role ${blocker.role})`
  const age =
    blocker.ageMs >= 1000 ? `${(blocker.ageMs / 1000).toFixed(1)} s` : `${Math.round(blocker.ageMs)} ms`
  const what = blocker.query === '' ? '' : `: ${blocker.state}: ${blocker.query}`
  return `${who}${as} holds ${blocker.mode} on ${blocker.relation}, in a transaction for ${age}${what}`
}
