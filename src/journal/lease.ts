import { hostname, userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { journalSchema as schema } from '../catalog/names.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { literal } from '../pg/quoting.ts'
import { Session } from '../pg/session.ts'
import { isConnectionLoss, isRetryable } from '../pg/sqlstate.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { installJournal } from './install.ts'
import { leaseColumns, readLease, type LeaseRow } from './read.ts'

/** A holder that was silent for this long may be replaced; five missed heartbeats. */
const staleAfterMs = 15_000
const heartbeatMs = 3_000
/** How long the server may take to end a session that was told to. */
const endingMs = 5_000
export const leaseLock = 'pg-relocate lease'
/** Keeps two first runs from installing the journal at once. */
const installLock = 'pg-relocate journal'

/**
 * The right to run a plan: a row with an epoch that fences whoever held it before, and an advisory lock that shows a
 * live holder. The session does nothing but hold the lock and beat.
 */
export class Lease implements AsyncDisposable {
  readonly plan: string
  readonly epoch: number
  readonly #session: Session
  readonly #onLost: (reason: string) => void
  #timer: NodeJS.Timeout | undefined
  #beat: Promise<void> = Promise.resolve()

  private constructor(session: Session, plan: string, epoch: number, onLost: (reason: string) => void) {
    this.#session = session
    this.plan = plan
    this.epoch = epoch
    this.#onLost = onLost
    this.#timer = setInterval(() => {
      this.#beat = this.#heartbeat()
    }, heartbeatMs)
    this.#timer.unref()
  }

  /**
   * Takes the lease, waiting up to `waitMs` for another holder to end, and installs the journal before if need be.
   * @throws MigrateError `lease-held` with the holder's name, `connection-failed`, `journal-newer`, `journal-foreign`
   */
  static async take(
    target: DatabaseTarget,
    plan: string,
    options: {
      activity: string
      waitMs: number
      onWait: (holder: string) => void
      onLost: (reason: string) => void
    },
  ): Promise<Lease> {
    const session = await Session.connect(target, `migrate/${plan}/lease`)
    try {
      await installOnce(session)
      await session.query(`insert into ${schema}.leases (plan) values ($1) on conflict do nothing`, [plan])
      await waitForTurn(session, plan, options)
      const epoch = await advance(session, plan, options.activity)
      return new Lease(session, plan, epoch, options.onLost)
    } catch (error) {
      await session.close()
      // The former holder is in the middle of a change, for longer than any change should take.
      if (isRetryable(error)) throw heldError(plan, undefined)
      throw error
    }
  }

  /** The statement that fails a transaction whose runner has lost its lease; it holds off a takeover until the end. */
  get fence(): string {
    return `select ${schema}.fence(${literal(this.plan)}, ${this.epoch})`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#beat
    await this.#session
      .query(
        `update ${schema}.leases set released_at = clock_timestamp(), activity = null where plan = $1 and epoch = $2`,
        [this.plan, this.epoch],
      )
      .catch(() => undefined)
    await this.#session.close()
  }

  async #heartbeat(): Promise<void> {
    try {
      const rows = await this.#session.query(
        `update ${schema}.leases set heartbeat_at = clock_timestamp() where plan = $1 and epoch = $2 returning 1`,
        [this.plan, this.epoch],
      )
      if (rows.length === 0) this.#lose('another runner has taken over')
    } catch (error) {
      if (this.#session.isLost || isConnectionLoss(error)) this.#lose('the connection that held it was lost')
    }
  }

  #lose(reason: string): void {
    clearInterval(this.#timer)
    this.#onLost(reason)
  }
}

async function installOnce(session: Session): Promise<void> {
  await session.query(`set lock_timeout = '30s'`)
  await session.query(`select pg_advisory_lock(hashtext($1))`, [installLock])
  try {
    await installJournal(session)
  } finally {
    await session.query(`select pg_advisory_unlock(hashtext($1))`, [installLock])
    await session.query(`set lock_timeout = '5s'`)
  }
}

async function waitForTurn(
  session: Session,
  plan: string,
  { waitMs, onWait }: { waitMs: number; onWait: (holder: string) => void },
): Promise<void> {
  const began = performance.now()
  let patience = waitMs
  for (let told = false; ;) {
    const { got } = await session.one<{ got: boolean }>(
      `select pg_try_advisory_lock(hashtext($2), hashtext($1)) as got`,
      [plan, leaseLock],
    )
    if (got) return
    const holder = await readLease(session, plan)
    if (await endStale(session, plan, holder))
      patience = Math.max(patience, performance.now() - began + endingMs)
    if (performance.now() - began >= patience) throw heldError(plan, holder)
    if (!told) onWait(describeHolder(holder))
    told = true
    await sleep(100)
  }
}

/**
 * Ends the session of a holder that is connected but silent: frozen, or cut off by the network. Whoever holds the lock
 * without being the one of the row has just got it and will write itself down in a moment; it is left alone.
 */
async function endStale(session: Session, plan: string, holder: LeaseRow | undefined): Promise<boolean> {
  if (holder === undefined || (holder.heartbeatAgeMs ?? 0) <= staleAfterMs) return false
  const ended = await session
    .query(
      `select pg_terminate_backend(l.pid) from pg_locks l
        where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.pid = $2
          and l.database = (select oid from pg_database where datname = current_database())
          and l.classid = (hashtext($3)::bigint & 4294967295)::oid and l.objid = (hashtext($1)::bigint & 4294967295)::oid`,
      [plan, holder.backendPid, leaseLock],
    )
    .catch(() => [])
  return ended.length > 0
}

/** Waits for a change of the former holder that is just being made, then ends its epoch. */
async function advance(session: Session, plan: string, activity: string): Promise<number> {
  await session.script('begin')
  await session.query(`select 1 from ${schema}.leases where plan = $1 for update`, [plan])
  const row = await session.one<LeaseRow>(
    `update ${schema}.leases
        set epoch = epoch + 1, host = $2, os_pid = $3, os_user = $4, application = current_setting('application_name'),
            backend_pid = pg_backend_pid(), activity = $5, taken_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
            released_at = null
      where plan = $1 returning ${leaseColumns}`,
    [plan, hostname(), process.pid, userInfo().username, activity],
  )
  await session.script('commit')
  return row.epoch
}

function heldError(plan: string, holder: LeaseRow | undefined): MigrateError {
  return new MigrateError('lease-held', `plan "${plan}" is being run by ${describeHolder(holder)}`, {
    next: ['migrate status', 'wait for it, or run the same command with --wait 10m'],
  })
}

export function describeHolder(holder: LeaseRow | undefined): string {
  if (holder?.host == null) return 'another runner'
  const since = holder.takenAt === null ? '' : ` since ${holder.takenAt.toISOString()}`
  const doing = holder.activity === null ? '' : ` (${holder.activity})`
  return `${holder.osUser}@${holder.host} pid ${holder.osPid}${since}${doing}`
}
