import type { Session } from '../pg/session.ts'

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
     select h.relation, format('pid %s is a pg_dump', h.pid), 'let the dump end'
       from held h join pg_stat_activity a on a.pid = h.pid where a.application_name = 'pg_dump' or a.application_name like 'migrate/%/take-%'
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
