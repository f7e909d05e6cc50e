import { heal7SchemaOf, heal7SearchPath } from '../heal7/tables.ts'
import { Ledger } from '../load/ledger.ts'
import { type Load, type LoadSettings, startLoad } from '../load/load.ts'
import { type LoadReport, mergeMeasured } from '../load/report.ts'
import type { Measured } from '../load/meter.ts'

/** HEAL7's applications: old ones that say `users` and `public.users`, new ones that say `shared_common.users`. */
export class Traffic implements AsyncDisposable {
  /** One for both: what one writes the other changes. */
  readonly ledger = new Ledger()
  readonly #url: string
  readonly #loads = new Map<Names, Load>()
  readonly #ended = new Map<Names, Measured[]>()
  #label: string = labels.quiet

  constructor(url: string) {
    this.#url = url
  }

  async startOld(): Promise<void> {
    this.#loads.set('old', await startLoad({ ...this.#settings(), ...OLD }))
  }

  async startNew(): Promise<void> {
    this.#loads.set('new', await startLoad({ ...this.#settings(), ...NEW }))
  }

  async stop(names: Names): Promise<void> {
    const load = this.#loads.get(names)
    if (!load) return
    await load.stop()
    this.#ended.set(names, await load.measured())
    this.#loads.delete(names)
  }

  /** What happens now is measured under this label, until the next one. */
  async mark(label: string): Promise<void> {
    this.#label = label
    await Promise.all([...this.#loads.values()].map((load) => load.mark(label)))
  }

  /** Measures under the label while the body runs. */
  async during(label: string, body: () => Promise<void>): Promise<void> {
    const before = this.#label
    await this.mark(label)
    try {
      await body()
    } finally {
      await this.mark(before)
    }
  }

  async report(names: Names): Promise<LoadReport> {
    return mergeMeasured(await this.#measured(names))
  }

  async reportAll(): Promise<LoadReport> {
    return mergeMeasured([...(await this.#measured('old')), ...(await this.#measured('new'))])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loads.values()].map((load) => load.kill()))
  }

  async #measured(names: Names): Promise<Measured[]> {
    return this.#ended.get(names) ?? (await this.#loads.get(names)?.measured()) ?? []
  }

  #settings(): Pick<LoadSettings, 'url' | 'workload' | 'ledger' | 'thinkMs' | 'label'> {
    return { url: this.#url, workload: WORKLOAD, ledger: this.ledger, thinkMs: THINK_MS, label: this.#label }
  }
}

export type Names = 'old' | 'new'

/** What is going on while statements are measured, in the order of the report. */
export const labels = {
  quiet: 'no switch',
  looking: 'plan, status, verify',
  expand: 'expand',
  switch: 'switches',
  back: 'rollback',
  contract: 'contract',
} as const

/** Some 600 statements a second in all: busy, and yet two cores have room for everything else. */
const THINK_MS = 45
const WORKLOAD = new URL('../heal7/workload.ts', import.meta.url)
const OLD = {
  processes: 2,
  clients: 3,
  seed: 1,
  applicationName: 'heal7 old',
  styles: ['unqualified', 'public'],
} as const
const NEW = {
  processes: 1,
  clients: 3,
  seed: 2,
  applicationName: 'heal7 new',
  // With the service schemas in the path, a bare name is a new name too.
  styles: ['schema', 'unqualified'],
  schemaOf: heal7SchemaOf,
  searchPath: heal7SearchPath,
} as const
