import type { Session } from '../pg/session.ts'
import { ownAmong, startedAt, type Seen } from './own-sessions.ts'

export interface Lasting {
  readonly relation: number
  readonly what: string
  readonly remedy: string
}

/**
 * Holders of locks on the tables that no retry outlasts and that do not give way: a vacuum against wraparound (an
 * ordinary autovacuum is cancelled by a deadlock check, manual, chapter 25.1.6), VACUUM and CREATE INDEX CONCURRENTLY
 * by hand, dumps by pg_dump or `migrate backup take`, and transactions prepared for two-phase commit.
 */
export async function readLasting(session: Session, oids: readonly number[]): Promise<Lasting[]> {
  return [...(await readUnyielding(session, oids)), ...(await readDumps(session, oids))].toSorted(
    (a, b) => a.relation - b.relation,
  )
}

/** Dumps by pg_dump, as it calls itself, and by `migrate backup take`. */
async function readDumps(session: Session, oids: readonly number[]): Promise<Lasting[]> {
  const found = await session.query<Seen & { readonly application: string; readonly relation: number }>(
    `select distinct l.pid, ${startedAt('a')}, a.usename as role, a.application_name as application, l.relation
       from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'relation' and l.granted and l.relation = any($1::oid[])
        and l.database = (select oid from pg_database where datname = current_database())
        and (a.application_name = 'pg_dump' or a.application_name like '%/take-%')
      order by l.relation, l.pid`,
    [oids],
  )
  const own = await ownAmong(session, found)
  return found
    .filter((each) => each.application === 'pg_dump' || own.has(each))
    .map(({ relation, pid }) => ({ relation, what: `pid ${pid} is a pg_dump`, remedy: 'let the dump end' }))
}

function readUnyielding(session: Session, oids: readonly number[]): Promise<Lasting[]> {
  return session.query<Lasting>(
    `with held as (
       select distinct l.pid, l.relation, l.virtualtransaction from pg_locks l
        where l.locktype = 'relation' and l.granted and l.relation = any($1::oid[])
          and l.database = (select oid from pg_database where datname = current_database()))
     select h.relation, format('pid %s is an autovacuum to prevent wraparound', h.pid) as what,
            format('let it end, or select pg_cancel_backend(%s)', h.pid) as remedy
       from held h join pg_stat_activity a on a.pid = h.pid
      where a.backend_type = 'autovacuum worker' and a.query like '%(to prevent wraparound)'
     union all
     select h.relation, format('pid %s vacuums it', h.pid), format('let it end, or select pg_cancel_backend(%s)', h.pid)
       from held h join pg_stat_progress_vacuum v on v.pid = h.pid join pg_stat_activity a on a.pid = h.pid
      where a.backend_type <> 'autovacuum worker'
     union all
     select h.relation, format('pid %s builds an index on it', h.pid), format('let it end, or select pg_cancel_backend(%s)', h.pid)
       from held h join pg_stat_progress_create_index i on i.pid = h.pid
     union all
     select h.relation, format('prepared transaction %L of %s holds it', x.gid, x.owner), format('commit prepared %L, or rollback prepared %L', x.gid, x.gid)
       from held h
       join pg_locks own on own.locktype = 'transactionid' and own.pid is null and own.virtualtransaction = h.virtualtransaction
       join pg_prepared_xacts x on x.transaction = own.transactionid
      where h.pid is null
      order by 1, 2`,
    [oids],
  )
}

/** How many locks the server can hold for all its sessions together (manual, chapter 20.12). */
export async function readLockRoom(session: Session): Promise<{ room: number; perTransaction: number }> {
  return session.one(
    `select current_setting('max_locks_per_transaction')::int as "perTransaction",
            current_setting('max_locks_per_transaction')::int
            * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as room`,
  )
}
