import { buildChain, chainTables } from '../../scripts/load/chain.ts'
import { chainCounters } from '../../scripts/load/chain-workload.ts'
import {
  checkLedger,
  counterBase,
  type CounterBase,
  type LedgerCheck,
} from '../../scripts/load/check-ledger.ts'
import { Ledger } from '../../scripts/load/ledger.ts'
import { startLoad, type Load, type LoadSettings } from '../../scripts/load/load.ts'
import type { LoadReport } from '../../scripts/load/report.ts'
import { connect, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'

/** A chain of tables with clients at work on it, and a ledger of what was acknowledged to them. */
export class Chain implements AsyncDisposable {
  readonly ledger = new Ledger()
  readonly database: FreshDatabase
  readonly tables: readonly string[]
  readonly #base: CounterBase
  readonly #loads: Load[] = []

  private constructor(database: FreshDatabase, tables: readonly string[], base: CounterBase) {
    this.database = database
    this.tables = tables
    this.#base = base
  }

  static async build(count: number, rows = 100): Promise<Chain> {
    const database = await freshDatabase('chain')
    await sql(database.url, buildChain(count, rows))
    await using client = await connect(database.url)
    const base = await counterBase(client, chainCounters(count), (table) => `public.${table}`)
    return new Chain(database, chainTables(count), base)
  }

  get url(): string {
    return this.database.url
  }

  /** Starts clients; `schema` is where the tables are by their new names. */
  async load(settings: Partial<LoadSettings> & { schema?: string } = {}): Promise<Load> {
    const { schema = 'chain', ...rest } = settings
    const load = await startLoad({
      url: this.url,
      processes: 1,
      clients: 3,
      workload: new URL('../../scripts/load/chain-workload.ts', import.meta.url),
      options: { tables: this.tables.length, rows: 100 },
      schemaOf: Object.fromEntries(this.tables.map((table) => [table, schema])),
      ledger: this.ledger,
      thinkMs: 8,
      seed: this.#loads.length + 1,
      ...rest,
    })
    this.#loads.push(load)
    return load
  }

  /** Compares the ledger with the tables; clients must have stopped. */
  async check(schema: string): Promise<LedgerCheck> {
    await using client = await connect(this.url)
    return await checkLedger(client, this.ledger, (table) => `${schema}.${table}`, this.#base)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.kill()))
    await this.database[Symbol.asyncDispose]()
  }
}

/** What clients lived through, as a test wants to see it when something failed. */
export function failuresOf(report: LoadReport): string[] {
  return report.failures.map(
    ({ count, operation, style, manner, code, message, text }) =>
      `${count}× ${code} ${message} (${operation}, ${style}, ${manner}: ${text.slice(0, 120)})`,
  )
}
