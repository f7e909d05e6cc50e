import { describeBlocker, readBlockers, type Blocker } from '../catalog/blockers.ts'
import { readServer, type ServerFacts } from '../pg/server.ts'
import { Session } from '../pg/session.ts'
import { describeTarget } from '../pg/target.ts'

/**
 * A physical standby that the plan names. Its OIDs are those of the primary, and so are its names; its sessions, locks
 * and counters are its own and cannot be seen from the primary.
 */
export class Standby implements AsyncDisposable {
  /** `host:port/database`, by which messages and waivers name it. */
  readonly where: string
  readonly session: Session

  private constructor(where: string, session: Session) {
    this.where = where
    this.session = session
  }

  /** @throws MigrateError `connection-failed` */
  static async open(url: string, purpose: string): Promise<Standby> {
    const target = { alias: 'standby', url }
    return new Standby(describeTarget(target), await Session.connect(target, `migrate/${purpose}`))
  }

  server(): Promise<ServerFacts> {
    return readServer(this.session)
  }

  /**
   * How long replay waits for a query before it cancels it, ms; undefined when it waits for ever (manual, chapter
   * 20.6.3: max_standby_streaming_delay).
   */
  async patienceMs(): Promise<number | undefined> {
    const { ms } = await this.session.one<{ ms: number }>(
      `select setting::float8 as ms from pg_settings where name = 'max_standby_streaming_delay'`,
    )
    return ms < 0 ? undefined : ms
  }

  /** How far replay is behind what has arrived, ms; 0 when all of it is replayed. */
  async lagMs(): Promise<number> {
    const { ms } = await this.session.one<{ ms: number }>(
      `select case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
                   else coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000, 0)
              end::float8 as ms`,
    )
    return ms
  }

  /** Transactions there that have held one of the relations and have run for longer than `olderThanMs`. */
  holders(oids: readonly number[], olderThanMs: number): Promise<Blocker[]> {
    return readBlockers(this.session, oids, olderThanMs)
  }

  describe(holder: Blocker): string {
    return `standby ${this.where}: ${describeBlocker(holder)}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close()
  }
}

/** Opens those standbys that can be reached; what of the others is for preflight to say. */
export async function openStandbys(urls: readonly string[], purpose: string): Promise<OpenStandbys> {
  const opened = await Promise.allSettled(urls.map((url) => Standby.open(url, purpose)))
  const standbys = opened.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  return {
    standbys,
    async [Symbol.asyncDispose]() {
      await Promise.all(standbys.map((standby) => standby[Symbol.asyncDispose]()))
    },
  }
}

export interface OpenStandbys extends AsyncDisposable {
  readonly standbys: readonly Standby[]
}
