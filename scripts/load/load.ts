import { pathToFileURL } from 'node:url'
import { Ledger } from './ledger.ts'
import { manners } from './manner.ts'
import type { Failure, Measured } from './meter.ts'
import { type LoadReport, mergeMeasured } from './report.ts'
import type { Request, WorkerSettings } from './settings.ts'
import { WorkerProcess } from './worker-process.ts'

/** What to run, and how much of it. */
export interface LoadSettings extends Partial<Omit<WorkerSettings, 'url' | 'clients' | 'workload'>> {
  url: string
  processes: number
  /** Connections of each process. */
  clients: number
  /** The workload module: its URL, or its path. */
  workload: URL | string
  /** Several loads may write into one ledger. */
  ledger?: Ledger
}

/**
 * Starts processes of clients against a database; resolves when all of them are connected and at work.
 * Nothing a client meets is thrown: it is counted, and the report has it.
 */
export async function startLoad(settings: LoadSettings): Promise<Load> {
  const { processes, ledger = new Ledger() } = settings
  const workers = Array.from(
    { length: processes },
    () => new WorkerProcess((entries) => ledger.apply(entries)),
  )
  const load = new Load(workers, ledger)
  try {
    await Promise.all(
      workers.map((worker, n) => worker.start({ ...complete(settings), seed: seedOf(settings, n) })),
    )
  } catch (error) {
    await load.kill()
    throw error
  }
  return load
}

/** Traffic that is running. Stop it, or let `await using` do so. */
export class Load implements AsyncDisposable {
  readonly ledger: Ledger
  readonly #workers: readonly WorkerProcess[]
  #stopped: Promise<LoadReport> | undefined

  constructor(workers: readonly WorkerProcess[], ledger: Ledger) {
    this.#workers = workers
    this.ledger = ledger
  }

  /** Begins a window; resolves when every process has begun it. Windows of the same name add up. */
  async mark(label: string): Promise<void> {
    await this.#ask({ ask: 'mark', label })
  }

  /** Resolves when no client is within a transaction. */
  async pause(): Promise<void> {
    await this.#ask({ ask: 'pause' })
  }

  async resume(): Promise<void> {
    await this.#ask({ ask: 'resume' })
  }

  /** What was measured up to now. */
  async report(): Promise<LoadReport> {
    return mergeMeasured(await this.measured())
  }

  /** The same, process by process, also after the stop: to merge the reports of several loads. */
  async measured(): Promise<Measured[]> {
    return this.#withDeaths(await this.#ask({ ask: 'measure' }))
  }

  /** Lets each client end its transaction, ends the processes; asking twice gives the same report. */
  async stop(): Promise<LoadReport> {
    this.#stopped ??= Promise.all(this.#workers.map((worker) => worker.stop())).then((parts) =>
      mergeMeasured(this.#withDeaths(parts)),
    )
    return this.#stopped
  }

  /** Ends the processes at once, without a report. */
  async kill(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #ask(request: Request): Promise<Measured[]> {
    return Promise.all(this.#workers.map((worker) => worker.ask(request)))
  }

  /** A worker that died on its own is a failure like any other. */
  #withDeaths(parts: readonly Measured[]): Measured[] {
    return parts.map((part, n) => {
      const { death } = this.#workers[n] ?? {}
      return death === undefined ? part : { ...part, failures: [...part.failures, deathOf(death)] }
    })
  }
}

function complete(settings: LoadSettings): WorkerSettings {
  const { workload } = settings
  return {
    url: settings.url,
    clients: settings.clients,
    workload: workload instanceof URL ? workload.href : pathToFileURL(workload).href,
    options: settings.options ?? {},
    applicationName: settings.applicationName ?? 'load',
    styles: settings.styles ?? ['unqualified', 'public'],
    manners: settings.manners ?? manners,
    schemaOf: settings.schemaOf ?? {},
    searchPath: settings.searchPath ?? [],
    thinkMs: settings.thinkMs ?? 0,
    seed: settings.seed ?? 1,
    label: settings.label ?? 'start',
  }
}

/** Each process has its own sequence, and each load too if its seed is another. */
function seedOf(settings: LoadSettings, process: number): number {
  return (settings.seed ?? 1) * 31 + process
}

function deathOf(reason: string): Failure {
  const at = new Date().toISOString()
  const sent = { operation: 'worker', style: 'unqualified', manner: 'simple', text: '' } as const
  return { ...sent, code: 'worker', message: `a load worker died: ${reason}`, count: 1, at }
}
