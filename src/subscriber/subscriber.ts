import { markOfView } from '../catalog/mark.ts'
import { Session } from '../pg/session.ts'
import { describeTarget } from '../pg/target.ts'

/** A table as the publisher's plan knows it; names are the only thing that publisher and subscriber share. */
export interface PublishedTable {
  readonly name: string
  readonly source: string
  readonly target: string
}

export interface Subscription {
  readonly name: string
  /** The slot on the publisher; null for one that has none. */
  readonly slot: string | null
  readonly isEnabled: boolean
  /** Is its apply worker running at the moment? */
  readonly isRunning: boolean
  /** Is it disabled by its first error? A worker that is to wait for a new name could then not be started again. */
  readonly endsAtError: boolean
}

/**
 * Where a subscribed table is: here: under the old name; there: under the new one; taken: under the old name, and
 * something else has the new one, into which rows would vanish.
 */
export interface SubscribedTable extends PublishedTable {
  readonly stand: 'here' | 'there' | 'taken'
  /** Has its first copy been made, so that it follows the publisher's changes? */
  readonly isReady: boolean
  readonly isMine: boolean
  /** Does a view of ours have its old name? */
  readonly hasView: boolean
  /** Does something else have its old name? */
  readonly isOldTaken: boolean
  /** Does another subscription write into it as well? It would go on under the old name. */
  readonly isShared: boolean
}

/** A database that subscribes to the plan's tables. */
export class Subscriber implements AsyncDisposable {
  /** `host:port/database`, by which messages and waivers name it. */
  readonly where: string
  readonly session: Session

  private constructor(where: string, session: Session) {
    this.where = where
    this.session = session
  }

  /** @throws MigrateError `connection-failed` */
  static async open(url: string, purpose: string): Promise<Subscriber> {
    const target = { alias: 'subscriber', url }
    return new Subscriber(describeTarget(target), await Session.connect(target, `migrate/${purpose}`))
  }

  async subscriptions(): Promise<Subscription[]> {
    const { major } = await this.session.one<{ major: number }>(
      `select current_setting('server_version_num')::integer / 10000 as major`,
    )
    return this.session.query<Subscription>(
      `select s.subname as name, ${major < 15 ? 'false' : 's.subdisableonerr'} as "endsAtError", s.subslotname as slot, s.subenabled as "isEnabled",
              exists (select from pg_stat_subscription w where w.subid = s.oid and w.relid is null and w.pid is not null) as "isRunning"
         from pg_subscription s
        where s.subdbid = (select oid from pg_database where datname = current_database()) order by 1`,
    )
  }

  /** Those of the tables that a subscription with one of the slots writes into, by the old name or by the new. */
  async tables(
    tables: readonly PublishedTable[],
    mark: string,
    slots: readonly string[],
  ): Promise<SubscribedTable[]> {
    return this.session.query<SubscribedTable>(
      `with ours as (
         select r.srrelid, r.srsubstate from pg_subscription_rel r join pg_subscription s on s.oid = r.srsubid
          where s.subslotname = any($3::text[])),
       wanted as (
         select w->>'name' as name, w->>'source' as source, w->>'target' as target, position
           from jsonb_array_elements($1::jsonb) with ordinality e (w, position)),
       found as (
         select w.*, o.oid as old, n.oid as new, so.srsubstate as old_state, sn.srsubstate as new_state,
                o.relkind = 'v' and ${markOfView('o.oid')} is not distinct from $2 as ours,
                coalesce(case when so.srrelid is not null then o.relowner end, n.relowner) as owner
           from wanted w
           left join pg_class o on o.relname = w.name and o.relnamespace = (select oid from pg_namespace where nspname = w.source)
           left join pg_class n on n.relname = w.name and n.relnamespace = (select oid from pg_namespace where nspname = w.target)
           left join lateral (select srrelid, srsubstate from ours where srrelid = o.oid limit 1) so on true
           left join lateral (select srrelid, srsubstate from ours where srrelid = n.oid limit 1) sn on true)
       select name, source, target,
              case when old_state is not null then case when new is null then 'here' else 'taken' end else 'there' end as stand,
              coalesce(old_state, new_state) = 'r' as "isReady",
              pg_has_role(current_user, owner, 'USAGE')
                and ((select rolsuper from pg_roles where rolname = current_user) or has_schema_privilege(owner, source, 'CREATE')) as "isMine",
              (select count(*) from pg_subscription_rel r where r.srrelid = case when old_state is not null then old else new end) > 1 as "isShared", coalesce(ours, false) as "hasView",
              old is not null and not coalesce(ours, false) and old_state is null as "isOldTaken"
         from found where old_state is not null or new_state is not null order by position`,
      [JSON.stringify(tables.map(({ name, source, target }) => ({ name, source, target }))), mark, slots],
    )
  }

  /** Schemas of the list that the session may not create tables in. */
  async closed(schemas: readonly string[]): Promise<string[]> {
    const rows = await this.session.query<{ name: string }>(
      `select s as name from unnest($1::text[]) s left join pg_namespace n on n.nspname = s
        where not case when n.oid is null then has_database_privilege(current_database(), 'CREATE')
                       else has_schema_privilege(n.oid, 'CREATE') end`,
      [schemas],
    )
    return rows.map(({ name }) => name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close()
  }
}
