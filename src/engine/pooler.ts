import { forgetPause, notePause, openPauses } from '../journal/pauses.ts'
import { AdminConsole } from '../pg/console.ts'
import type { DatabaseSpec, Pooler } from '../plan/plan.ts'
import { startGuard, type Guard } from '../pooler/guard.ts'
import { pause, pooledName } from '../pooler/pooler.ts'
import type { TransactionAction } from '../steps/action.ts'
import type { Work } from './work.ts'

/** What a switch may take beyond its stall budget before the guard resumes over the runner’s head. */
const graceMs = 5_000

/** The pooler’s part in one transaction. */
export interface PoolerPause extends AsyncDisposable {
  /** Makes an attempt while the pooler is paused; without a pause where none is to be had. */
  around<T>(attempt: () => Promise<T>): Promise<T>
}

const noPooler: PoolerPause = {
  around: (attempt) => attempt(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

/**
 * Pauses the plan’s PgBouncer for each attempt to lock tables, and no longer: clients wait at the pooler instead of at
 * the locks, and no statement is under way. A guard in a process of its own resumes should this one end in between.
 */
export async function poolerPause(work: Work, action: TransactionAction): Promise<PoolerPause> {
  const spec = work.plan.databases[work.target.alias]!
  if (spec.pooler === undefined || action.lockFirst.length === 0) return noPooler
  const pauser = new Pauser(work, spec, spec.pooler)
  await pauser.open()
  return pauser
}

class Pauser implements PoolerPause {
  readonly #work: Work
  readonly #pooler: Pooler
  readonly #database: string
  #console: AdminConsole | undefined
  #guard: Guard | undefined

  constructor(work: Work, spec: DatabaseSpec, pooler: Pooler) {
    this.#work = work
    this.#pooler = pooler
    this.#database = pooledName(spec, pooler)
  }

  async open(): Promise<void> {
    const { admin, pauseTimeoutMs } = this.#pooler
    const limitMs = pauseTimeoutMs + this.#work.plan.defaults.stallBudgetMs + graceMs
    this.#console = await AdminConsole.open(admin).catch(() => undefined)
    if (this.#console !== undefined)
      this.#guard = await startGuard({ url: admin, database: this.#database, limitMs })
    if (this.#guard === undefined) this.#goWithout('its admin console cannot be reached')
  }

  async around<T>(attempt: () => Promise<T>): Promise<T> {
    if (this.#guard === undefined || !(await this.#pause())) return attempt()
    try {
      return await attempt()
    } finally {
      await this.#resume()
    }
  }

  async #pause(): Promise<boolean> {
    const { session, lease, run } = this.#work
    const { admin, pauseTimeoutMs } = this.#pooler
    const console = this.#console!
    if (await console.isPaused(this.#database).catch(() => true))
      return this.#goWithout('someone else has paused it, or its console does not answer')
    await notePause(session, lease, run, this.#database)
    this.#guard!.arm()
    const isGranted = await pause(console, admin, this.#database, pauseTimeoutMs).catch(() => undefined)
    if (isGranted === true) return true
    await this.#resume()
    return this.#goWithout(`PAUSE was not granted within ${pauseTimeoutMs} ms`)
  }

  /** When the console does not answer the guard is let go while it is armed, and goes on trying. */
  async #resume(): Promise<void> {
    const { session, run, events } = this.#work
    try {
      await this.#console!.resume(this.#database)
      this.#guard!.rest()
      await forgetPause(session, run, this.#database).catch(() => undefined)
    } catch {
      this.#guard!.leave()
      this.#guard = undefined
      const text = `pooler ${this.#console!.where}: RESUME failed; a process of its own goes on trying`
      events.emit({ type: 'notice', level: 'warning', text })
    }
  }

  /** Once is enough: clients are not made to wait for a pause again and again. */
  #goWithout(reason: string): false {
    this.#guard?.leave()
    this.#guard = undefined
    const text = `pooler: ${reason}; the switch goes on without a pause`
    this.#work.events.emit({ type: 'notice', level: 'warning', text })
    return false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#guard?.leave()
    await this.#console?.[Symbol.asyncDispose]()
  }
}

/** Resumes what a runner that was killed together with its guard has left paused; whoever holds the lease may. */
export async function resumeLeftovers(work: Work): Promise<void> {
  const { session, run, plan, target, events } = work
  const { pooler } = plan.databases[target.alias]!
  if (pooler === undefined) return
  for (const database of await openPauses(session, run)) {
    try {
      await using console = await AdminConsole.open(pooler.admin)
      if (await console.isPaused(database)) {
        await console.resume(database)
        const text = `pooler ${console.where}: resumed ${database}, which an earlier run had paused`
        events.emit({ type: 'notice', level: 'warning', text })
      }
      await forgetPause(session, run, database)
    } catch {
      const text = `an earlier run had paused ${database} at its pooler, whose console does not answer now`
      events.emit({ type: 'notice', level: 'warning', text })
    }
  }
}
