import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../pg/session.ts'
import type { Standby } from './standby.ts'

const pollMs = 10

/** What a change on the primary did on one standby. */
export interface Replay {
  readonly where: string
  /** From the change's commit to its replay; undefined when it was not replayed in time. */
  readonly ms: number | undefined
  /** Queries cancelled there for the locks of what was replayed, as far as the server has counted them. */
  readonly cancelled: number
}

/** Queries that replay has cancelled because of a lock (manual, chapter 27.2: pg_stat_database_conflicts). */
export async function cancelledByLocks({ session }: Standby): Promise<number> {
  const { count } = await session.one<{ count: number }>(
    `select coalesce(sum(confl_lock), 0)::float8 as count from pg_stat_database_conflicts where datname = current_database()`,
  )
  return count
}

/** Waits until a standby has replayed everything the primary has written by now, at most `limitMs`. */
export async function awaitReplay(
  primary: Session,
  standby: Standby,
  cancelledBefore: number,
  limitMs: number,
): Promise<Replay> {
  const { lsn } = await primary.one<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn')
  const began = performance.now()
  let isReplayed = await hasReplayed(standby, lsn)
  while (!isReplayed && performance.now() - began < limitMs) {
    await sleep(pollMs)
    isReplayed = await hasReplayed(standby, lsn)
  }
  const cancelled = (await cancelledByLocks(standby)) - cancelledBefore
  return { where: standby.where, ms: isReplayed ? performance.now() - began : undefined, cancelled }
}

async function hasReplayed({ session }: Standby, lsn: string): Promise<boolean> {
  const { is } = await session.one<{ is: boolean }>(
    'select coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, true) as is',
    [lsn],
  )
  return is
}
