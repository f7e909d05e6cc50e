import type { ServerFacts } from '../pg/server.ts'
import type { Session } from '../pg/session.ts'

/** The moment a backup shows. */
export interface Snapshot {
  /** For `pg_dump --snapshot`; valid while the session's transaction is open. */
  readonly name: string
  readonly lsn: string
  readonly encoding: string
}

/** Opens the transaction that all parts of a backup look through. */
export async function exportSnapshot(session: Session, server: ServerFacts): Promise<Snapshot> {
  await session.script('begin isolation level repeatable read read only')
  // It idles for as long as the dump takes; transaction_timeout came with 17.
  await session.script('set local idle_in_transaction_session_timeout = 0')
  await session.script(`set local lock_timeout = '10s'`)
  if (server.major >= 17) await session.script('set local transaction_timeout = 0')
  return session.one<{ name: string; lsn: string; encoding: string }>(
    `select pg_export_snapshot() as name,
            pg_current_wal_lsn()::text as lsn,
            current_setting('server_encoding') as encoding`,
  )
}
