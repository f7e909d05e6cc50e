import { setTimeout as sleep } from 'node:timers/promises'
import { chance } from './chance.ts'
import { Connection } from './connection.ts'
import type { Meter } from './meter.ts'
import { Pending } from './pending.ts'
import type { WorkerSettings } from './settings.ts'
import { turn } from './turn.ts'
import type { Operation, Workload } from './workload.ts'

/** One client: a connection and a loop of operations, until told to stop. */
export class LoadClient {
  readonly pending = new Pending()
  readonly #settings: WorkerSettings
  readonly #operations: readonly Operation[]
  readonly #meter: Meter
  readonly #random: () => number
  readonly #connection: Connection
  #isPaused = false
  #isStopping = false
  #isIdle = true
  #loop: Promise<void> = Promise.resolve()

  constructor(settings: WorkerSettings, workload: Workload, meter: Meter, number: number) {
    this.#settings = settings
    this.#operations = workload.operations
    this.#meter = meter
    this.#random = chance(settings.seed * 1009 + number)
    this.#connection = new Connection(settings, meter)
  }

  async connect(): Promise<void> {
    await this.#connection.open()
  }

  start(): void {
    this.#loop = this.#run()
  }

  resume(): void {
    this.#isPaused = false
  }

  /** Resolves when the transaction in hand is over. */
  async pause(): Promise<void> {
    this.#isPaused = true
    while (!this.#isIdle) await sleep(2)
  }

  /** Ends after the transaction in hand; a statement without an answer by then is a failure. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    const deadline = new AbortController()
    const late = sleep(graceMs, 'late' as const, { signal: deadline.signal }).catch(() => 'late' as const)
    if ((await Promise.race([this.#loop, late])) === 'late') this.#connection.giveUp(graceMs)
    deadline.abort()
    await this.#connection.close()
    this.pending.settle('unknown')
  }

  async #run(): Promise<void> {
    const { thinkMs } = this.#settings
    // Clients that begin in step stay in step for a while; real ones do not.
    await sleep(this.#random() * thinkMs)
    while (!this.#isStopping) {
      if (this.#isPaused) {
        await sleep(5)
        continue
      }
      this.#isIdle = false
      await turn(this.#choose(), this.#connection, this.#settings, this.#meter, this.pending, this.#random)
      this.#isIdle = true
      if (thinkMs > 0) await sleep(thinkMs * (0.5 + this.#random()))
    }
  }

  #choose(): Operation {
    const total = this.#operations.reduce((sum, each) => sum + each.weight, 0)
    let left = this.#random() * total
    // Rounding may leave a rest; it belongs to the last one.
    const chosen = this.#operations.find((each) => (left -= each.weight) < 0) ?? this.#operations.at(-1)
    return chosen as Operation
  }
}
