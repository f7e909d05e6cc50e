import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { LedgerEntry } from './ledger.ts'
import { Histogram } from './histogram.ts'
import type { Measured } from './meter.ts'
import type { FromWorker, Request, ToWorker, WorkerSettings } from './settings.ts'

/** The parent's end of one worker. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #onLedger: (entries: LedgerEntry[]) => void
  readonly #open = new Map<
    number,
    { resolve: (measured: Measured) => void; reject: (error: Error) => void }
  >()
  #nextId = 1
  #isStopping = false
  #exit: Promise<void>
  /** What the worker last said, should it die. */
  last: Measured | undefined
  /** Why the worker is gone although nobody told it to go. */
  death: string | undefined

  constructor(onLedger: (entries: LedgerEntry[]) => void) {
    this.#onLedger = onLedger
    this.#child = fork(WORKER, { execArgv: ['--import', TSX], serialization: 'advanced', stdio: STDIO })
    this.#exit = new Promise((resolve) => this.#child.once('exit', () => resolve()))
    this.#child.on('exit', (code, signal) => this.#gone(signal ?? `exit code ${code}`))
    this.#child.on('error', (error) => this.#gone(error.message))
  }

  /** Resolves when all clients of the worker are connected and at work. */
  async start(settings: WorkerSettings): Promise<void> {
    const started = new Promise<void>((resolve, reject) => {
      this.#child.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'broken') reject(new Error(`load worker: ${message.message}`))
        else if (message.kind === 'ledger') this.#onLedger(message.entries)
        else this.#answered(message.id, message.measured)
      })
      this.#child.once('exit', () => reject(new Error(`load worker ended before it began: ${this.death}`)))
    })
    this.#send({ kind: 'start', settings })
    await started
  }

  /** Resolves with the worker's measurements once it has done what was asked. */
  async ask(request: Request): Promise<Measured> {
    // One that has gone says what it said last.
    if (!this.#child.connected) return this.last ?? NOTHING_MEASURED
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject })
      this.#send({ kind: 'ask', id, request })
    })
  }

  async stop(): Promise<Measured> {
    const measured = await this.ask({ ask: 'stop' })
    await this.end()
    return measured
  }

  /** Ends the process whatever it is doing. */
  async end(): Promise<void> {
    this.#isStopping = true
    if (this.#child.connected) this.#child.disconnect()
    const late = setTimeout(() => this.#child.kill('SIGKILL'), END_MS)
    await this.#exit
    clearTimeout(late)
  }

  #send(message: ToWorker): void {
    // A failure to send means the process is gone, which its exit event tells.
    this.#child.send(message, () => undefined)
  }

  #answered(id: number, plain: Measured): void {
    const windows = plain.windows.map((window) => ({
      ...window,
      waits: new Histogram(window.waits.buckets, window.waits.max),
    }))
    this.last = { ...plain, windows }
    this.#open.get(id)?.resolve(this.last)
    this.#open.delete(id)
  }

  #gone(reason: string): void {
    if (!this.#isStopping) this.death ??= reason
    for (const { resolve } of this.#open.values()) resolve(this.last ?? NOTHING_MEASURED)
    this.#open.clear()
  }
}

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** Named in full, so that workers start in any folder and below any test runner. */
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const STDIO: ['ignore', 'ignore', 'inherit', 'ipc'] = ['ignore', 'ignore', 'inherit', 'ipc']
/** How long a disconnected worker has before it is killed. */
const END_MS = 2_000

const NOTHING_MEASURED: Measured = {
  statements: 0,
  transactions: 0,
  styles: {},
  manners: {},
  operations: {},
  failures: [],
  windows: [],
}
