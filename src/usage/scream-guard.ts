import { setTimeout as sleep } from 'node:timers/promises'
import { journalSchema as schema } from '../catalog/names.ts'
import { dollarQuoted } from '../pg/quoting.ts'
import { Session } from '../pg/session.ts'
import type { DatabaseTarget } from '../pg/target.ts'

const pollMs = 20
const readyMs = 5_000
const leaveMs = 3_000

/**
 * A session whose backend gives privileges back when their time is over, whether or not anyone is left who waits for
 * its answer: it is sent all of that as one statement before anything is taken.
 */
export class ScreamGuard implements AsyncDisposable {
  readonly pid: number
  readonly #session: Session
  #watch: Promise<void> = Promise.resolve()
  #isGone = false

  private constructor(session: Session, pid: number) {
    this.#session = session
    this.pid = pid
  }

  /** @throws MigrateError `connection-failed` */
  static async post(target: DatabaseTarget, plan: string): Promise<ScreamGuard> {
    const session = await Session.connect(target, `migrate/${plan}/guard`)
    try {
      await session.script(settings)
      const { pid } = await session.one<{ pid: number }>('select pg_backend_pid() as pid')
      return new ScreamGuard(session, pid)
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /** Has its statement ended, or its session? */
  get isGone(): boolean {
    return this.#isGone
  }

  /** Sends it on its watch over notes of the journal. @returns whether the server is seen to wait in it */
  async watch(ids: readonly number[], observer: Session): Promise<boolean> {
    this.#watch = this.#session
      .script(watchStatement(ids))
      .catch(() => undefined)
      .finally(() => (this.#isGone = true))
    for (const began = performance.now(); performance.now() - began < readyMs; await sleep(pollMs)) {
      if (this.#isGone) return false
      const seen = await observer.query(
        `select from pg_stat_activity where pid = $1 and state = 'active' and wait_event = 'PgSleep'`,
        [this.pid],
      )
      if (seen.length === 1) return true
    }
    return false
  }

  /** It ends by itself once everything is given back; one that does not is left to do its duty. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.race([this.#watch, sleep(leaveMs, undefined, { ref: false })])
    if (this.#isGone) await this.#session.close()
    else this.#session.abandon()
  }
}

/** Nothing may make the backend look whether its client is there, or send it anything: that would end it. */
const settings = `
  set client_connection_check_interval = 0;
  set client_min_messages = error;
  set lock_timeout = 0;
`

/**
 * It waits in short transactions, so that no long one holds back VACUUM. What fails (a GRANT beside another one) is
 * tried again for ten minutes.
 */
function watchStatement(ids: readonly number[]): string {
  const open = `select id from ${schema}.screams where id in (${ids.join(', ')}) and given_back_at is null`
  return `do ${dollarQuoted(`
declare
  scream bigint;
begin
  while exists (${open} and until > clock_timestamp()) loop
    commit;
    perform pg_sleep(0.25);
  end loop;
  for attempt in 1..600 loop
    foreach scream in array array(${open} order by id) loop
      begin
        perform ${schema}.give_privileges(scream, 'guard');
      exception when others then null;
      end;
      commit;
    end loop;
    exit when not exists (${open});
    commit;
    perform pg_sleep(1);
  end loop;
end
`)}`
}
