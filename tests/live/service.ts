import { createHash } from 'node:crypto'
import { setTimeout as think } from 'node:timers/promises'
import pg from 'pg'
import chainWorkload from '../../scripts/load/chain-workload.ts'
import { chance } from '../../scripts/load/chance.ts'
import type { Ledger } from '../../scripts/load/ledger.ts'
import { Pending } from '../../scripts/load/pending.ts'
import type { Work } from '../../scripts/load/workload.ts'
import { until } from '../support/process.ts'

/** How a client of the service sends a statement. */
const ways = ['values', 'named', 'callback', 'prepare'] as const

/** What was sent to the server, as it was sent. */
export const sent: string[] = []

/** A client of pg that keeps what it sends: below what is tested, and otherwise the driver’s own. */
class Observed extends pg.Client {
  // The driver’s `query` has eight forms; all of them are passed on.
  override query = ((...call: [unknown, ...unknown[]]) => {
    const [query] = call
    sent.push(typeof query === 'string' ? query : String((query as { text?: unknown }).text))
    return (pg.Client.prototype.query as (...args: unknown[]) => unknown).apply(this, call)
  }) as pg.Client['query']
}

export function observedPool(connectionString: string): pg.Pool {
  return new pg.Pool({
    connectionString,
    max: 6,
    Client: Observed,
    application_name: 'service',
  })
}

/** A service under load that sends the statements of a chain through a pool, with old names all the time. */
export class Service {
  statements = 0
  readonly failures: string[] = []
  readonly #pool: pg.Pool
  readonly #ledger: Ledger
  readonly #tables: number
  readonly #loops: Promise<void>[]
  #isStopping = false

  constructor(pool: pg.Pool, ledger: Ledger, settings: { tables: number; clients: number }) {
    this.#pool = pool
    this.#ledger = ledger
    this.#tables = settings.tables
    this.#loops = Array.from({ length: settings.clients }, (_, n) => this.#run(n))
  }

  /** Waits until the clients have done as much again. */
  async work(statements = 150): Promise<void> {
    const before = this.statements
    await until(() => this.statements >= before + statements)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
  }

  async #run(n: number): Promise<void> {
    const random = chance(n + 1)
    const { operations } = chainWorkload({ tables: this.#tables, rows: 100 })
    const pending = new Pending()
    let made = 0
    while (!this.#isStopping) {
      const operation = operations[Math.floor(random() * operations.length)]!
      const lent = { client: undefined as pg.PoolClient | undefined }
      const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!
      const send = this.#sender(pick, lent)
      const work: Work = {
        name: (table) => pick([table, `public.${table}`]),
        run: async (text, values = []) => {
          const result = await send(text, values)
          this.statements += 1
          return result
        },
        transaction: async (body) => {
          const client = (lent.client = await this.#pool.connect())
          try {
            await client.query('begin')
            await body()
            await client.query('commit')
          } catch (error) {
            await client.query('rollback')
            throw error
          } finally {
            lent.client = undefined
            client.release()
          }
        },
        willInsert: (place, token) => pending.insert(place, token),
        willDelete: (place, token) => pending.delete(place, token),
        willAdd: (place, key, by) => pending.add(place, String(key), by),
        takeOwn: (place) => pending.takeOwn(place),
        token: (prefix = 'token') => `${prefix}-${n}-${(made += 1)}`,
        between: (low, high) => low + Math.floor(random() * (high - low + 1)),
        pick,
      }
      try {
        await operation.perform(work)
        pending.settle('committed')
      } catch (error) {
        pending.settle('aborted')
        const { code, message } = error as { code?: string; message: string }
        this.failures.push(`${operation.name}: ${code} ${message}`)
      }
      this.#ledger.apply(pending.drain())
      // Clients that never rest would take the processor from the runner.
      await think(10 * random())
    }
  }

  #sender(pick: <T>(choices: readonly T[]) => T, lent: { readonly client: pg.PoolClient | undefined }) {
    return async (text: string, values: readonly unknown[]): Promise<pg.QueryResult> => {
      const through = lent.client ?? this.#pool
      const list = [...values]
      switch (pick(ways)) {
        case 'values':
          return await through.query(text, list)
        case 'named':
          return await through.query({
            name: createHash('md5').update(text).digest('hex'),
            text,
            values: list,
          })
        case 'callback':
          return await new Promise((resolve, reject) =>
            through.query(text, list, (error: Error | undefined, result: pg.QueryResult) => {
              // The driver says null where its types say nothing.
              if (error === undefined || (error as Error | null) === null) resolve(result)
              else reject(error)
            }),
          )
        case 'prepare':
          return await prepared(lent.client, this.#pool, text, list)
      }
    }
  }
}

/** By SQL’s own PREPARE, which stays in its session. */
async function prepared(
  lent: pg.PoolClient | undefined,
  pool: pg.Pool,
  text: string,
  values: readonly unknown[],
): Promise<pg.QueryResult> {
  const client = lent ?? (await pool.connect())
  const known = plans.get(client) ?? new Map<string, string>()
  plans.set(client, known)
  try {
    let name = known.get(text)
    if (name === undefined) {
      name = `p${known.size}`
      await client.query(`prepare ${name} as ${text}`)
      known.set(text, name)
    }
    const list = values.map((value) => (typeof value === 'number' ? String(value) : `'${String(value)}'`))
    return await client.query(`execute ${name}${list.length === 0 ? '' : `(${list.join(', ')})`}`)
  } finally {
    if (lent === undefined) client.release()
  }
}

const plans = new WeakMap<object, Map<string, string>>()
