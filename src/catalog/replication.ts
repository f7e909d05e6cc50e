import type { Session } from '../pg/session.ts'

export interface Publication {
  readonly name: string
  readonly how: 'table' | 'all tables' | 'schema'
  readonly relation: number | null
  readonly schema: string | null
}

export interface Replication {
  readonly publications: readonly Publication[]
  readonly logicalSlots: readonly { name: string; plugin: string; active: boolean }[]
  /** Tables of the move that a subscription writes into. */
  readonly subscribed: readonly { relation: number; subscription: string }[]
  readonly standbys: readonly { name: string; address: string | null; state: string }[]
}

/** What else of the server follows these tables: publications, logical slots, subscriptions, standbys. */
export async function readReplication(
  session: Session,
  oids: readonly number[],
  schemas: readonly string[],
  major: number,
): Promise<Replication> {
  const publications = await session.query<Publication>(
    `select p.pubname as name, 'table' as how, r.prrelid as relation, null::text as schema
       from pg_publication p join pg_publication_rel r on r.prpubid = p.oid where r.prrelid = any($1::oid[])
     union all select pubname, 'all tables', null, null from pg_publication where puballtables
     order by 1, 3`,
    [oids],
  )
  // FOR TABLES IN SCHEMA exists since 15.
  const bySchema =
    major < 15
      ? []
      : await session.query<Publication>(
          `select p.pubname as name, 'schema' as how, null::oid as relation, s.nspname as schema
             from pg_publication p join pg_publication_namespace n on n.pnpubid = p.oid
             join pg_namespace s on s.oid = n.pnnspid where s.nspname = any($1) order by 1, 4`,
          [schemas],
        )
  return {
    publications: [...publications, ...bySchema],
    logicalSlots: await session.query(
      `select slot_name as name, plugin, active from pg_replication_slots
        where slot_type = 'logical' and database = current_database() order by 1`,
    ),
    subscribed: await session.query(
      `select r.srrelid as relation, coalesce((select s.subname from pg_stat_subscription s where s.subid = r.srsubid limit 1), r.srsubid::text) as subscription
         from pg_subscription_rel r where r.srrelid = any($1::oid[]) order by 1`,
      [oids],
    ),
    standbys: await session.query(
      `select application_name as name, host(client_addr) as address, coalesce(state, 'unknown') as state
         from pg_stat_replication where pid not in (select coalesce(active_pid, 0) from pg_replication_slots where slot_type = 'logical')
        order by 1, 2`,
    ),
  }
}
