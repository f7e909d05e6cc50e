import type pg from 'pg'
import { MigrateError } from '../errors/migrate-error.ts'
import { clientConfig, UnreadableConnection } from '../pg/connection-string.ts'
import { messageOf } from './source.ts'

export interface PoolsOptions {
  /** URL of each service; those that are not here come from the environment. */
  readonly urls?: Readonly<Record<string, string>>
  /** The variable that holds a service’s URL. */
  readonly variable?: (service: string) => string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** More of the configuration of pg’s pools: `max`, `ssl`, timeouts. */
  readonly pool?: object
  /** Is search_path to be set in new connections? Not behind a pooler that lends them for a transaction. */
  readonly setsSearchPath?: boolean
  /** A pool that was found well is not asked again for so long, in milliseconds. */
  readonly checkMs?: number
  /** How often a pool is tried before it counts as unavailable. */
  readonly tries?: number
  /** How long a try, or the wait for a connection, may take, in milliseconds. */
  readonly answerMs?: number
  readonly onReconnect?: (service: string) => void
  readonly onError?: (service: string, error: unknown) => void
}

/** What a service’s pool is made with. */
export interface PoolsParts {
  /** Makes a pool, whose statements are rewritten or not. */
  readonly make: (service: string, config: pg.PoolConfig) => pg.Pool
  readonly searchPath: (service: string) => string | undefined
}

interface Entry {
  readonly pool: pg.Pool
  /** When it was last found well. */
  checkedAt: number
  checking: Promise<void> | undefined
  failure: { readonly error: MigrateError; readonly at: number } | undefined
}

/** After a pool was found unavailable, callers are told so for so long without another try. */
const restMs = 1_000
/** Between the tries of one check: this, then twice as long, with some chance in it. */
const pauseMs = 100

/** One pool for each service, so that the load and the failures of one are no other’s. */
export class Pools implements AsyncDisposable {
  readonly #options: PoolsOptions
  readonly #parts: PoolsParts
  readonly #entries = new Map<string, Entry>()
  readonly #checkMs: number
  #closing: Promise<unknown> | undefined

  constructor(parts: PoolsParts, options: PoolsOptions) {
    this.#parts = parts
    this.#options = options
    this.#checkMs = options.checkMs ?? checkInterval(options.env ?? process.env)
  }

  /**
   * The pool of a service, which has answered within the interval of checks.
   * @throws MigrateError `service-unavailable` (with `status` 503) when it does not answer; `env-missing` without a URL
   */
  async getClient(service: string): Promise<pg.Pool> {
    const entry = this.#entry(service)
    const { failure } = entry
    if (failure !== undefined && performance.now() - failure.at < restMs) throw failure.error
    if (failure !== undefined || performance.now() - entry.checkedAt >= this.#checkMs) {
      entry.checking ??= this.#check(service, entry).finally(() => (entry.checking = undefined))
      await entry.checking
    }
    return entry.pool
  }

  /**
   * The pool of a service, unasked.
   * @throws MigrateError `env-missing` without a URL
   */
  getClientSync(service: string): pg.Pool {
    return this.#entry(service).pool
  }

  /** Ends all pools; resolves when their connections are closed. */
  async close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#entries.values()].map(({ pool }) => pool.end()))
    await this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new TypeError('these pools are closed')
  }

  #entry(service: string): Entry {
    this.#checkOpen()
    const known = this.#entries.get(service)
    if (known !== undefined) return known
    const { answerMs = defaultAnswerMs, pool: config = {}, onError } = this.#options
    // The driver waits for onConnect before it lends a connection; its types do not know.
    const made: pg.PoolConfig & { onConnect?: (client: pg.ClientBase) => Promise<void> } = {
      connectionTimeoutMillis: answerMs,
      keepAlive: true,
      ...config,
      ...this.#connection(service),
    }
    if (this.#options.setsSearchPath !== false) made.onConnect = (client) => this.#prepare(service, client)
    const pool = this.#parts.make(service, made)
    // Without a listener a connection that breaks while it is idle would end the process.
    pool.on('error', (error) => onError?.(service, error))
    const entry: Entry = { pool, checkedAt: -Infinity, checking: undefined, failure: undefined }
    this.#entries.set(service, entry)
    return entry
  }

  async #prepare(service: string, client: pg.ClientBase): Promise<void> {
    const path = this.#parts.searchPath(service)
    if (path !== undefined) await client.query(`set search_path to ${path}`)
  }

  async #check(service: string, entry: Entry): Promise<void> {
    const { tries = 3, answerMs = defaultAnswerMs, onReconnect, onError } = this.#options
    const wasLost = entry.failure !== undefined
    for (let tried = 1; ; tried += 1) {
      try {
        await answered(entry.pool, answerMs)
        entry.checkedAt = performance.now()
        entry.failure = undefined
        if (wasLost || tried > 1) onReconnect?.(service)
        return
      } catch (cause) {
        // That the pool has ended is no failure of the server, and it will not come back.
        this.#checkOpen()
        if (tried < tries) {
          await pause(pauseMs * 2 ** (tried - 1) * (0.5 + Math.random()))
          continue
        }
        const error = unavailable(service, tries, cause)
        entry.failure = { error, at: performance.now() }
        onError?.(service, cause)
        throw error
      }
    }
  }

  /** @throws MigrateError `env-missing` without a URL, or with one that cannot be read, which is not repeated */
  #connection(service: string): pg.ClientConfig {
    try {
      return clientConfig(this.#url(service))
    } catch (error) {
      if (!(error instanceof UnreadableConnection)) throw error
      throw new MigrateError(
        'env-missing',
        `the URL of service "${service}" cannot be used: ${error.message}`,
        {
          next: ['correct it'],
        },
      )
    }
  }

  #url(service: string): string {
    const { urls = {}, env = process.env, variable = urlVariable } = this.#options
    const given = Object.hasOwn(urls, service) ? urls[service] : env[variable(service)]
    if (given !== undefined && given !== '') return given
    throw new MigrateError('env-missing', `environment variable ${variable(service)} is not set`, {
      next: [`export ${variable(service)}=postgresql://user@host/database`],
    })
  }
}

const defaultAnswerMs = 3_000

/** Asks for an answer over any connection of the pool; a connection that does not give one in time is destroyed. */
async function answered(pool: pg.Pool, answerMs: number): Promise<void> {
  const client = await pool.connect()
  // What breaks the connection fails the query, which tells; without a listener it would end the process as well.
  const heard = (): void => undefined
  client.on('error', heard)
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${answerMs} ms`)), answerMs)
    })
    await Promise.race([client.query('select 1'), late])
    client.off('error', heard)
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** With the status that an HTTP server answers by, which Express and Fastify take from an error. */
function unavailable(service: string, tries: number, cause: unknown): MigrateError {
  const error = new MigrateError(
    'service-unavailable',
    `the database of "${service}" did not answer, in ${tries} tries: ${messageOf(cause)}`,
    { next: ['ask again later, or look whether the server is up and the URL is right'], cause },
  )
  return Object.assign(error, { status: 503, statusCode: 503 })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** 15 s where a process is frozen between requests and its connections die unseen, 60 s elsewhere. */
export function checkInterval(env: Readonly<Record<string, string | undefined>>): number {
  const isServerless = ['AWS_LAMBDA_FUNCTION_NAME', 'VERCEL', 'FUNCTIONS_WORKER'].some(
    (name) => env[name] !== undefined && env[name] !== '',
  )
  return isServerless ? 15_000 : 60_000
}

/** `RDS_SAJU_SERVICE_URL` for saju_service. Letters of any script stay: two services shall not have one variable. */
export function urlVariable(service: string): string {
  return `RDS_${service.toUpperCase().replaceAll(/[^\p{L}\p{N}]+/gu, '_')}_URL`
}
