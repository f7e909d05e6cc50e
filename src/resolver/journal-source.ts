import type pg from 'pg'
import { MigrateError } from '../errors/migrate-error.ts'
import { clientConfig } from '../pg/connection-string.ts'
import { readNames, snapshotOf, type NameRow } from './journal-rows.ts'
import type { OnProblem } from './problem.ts'
import type { Snapshot } from './snapshot.ts'
import { messageOf, type Source } from './source.ts'

/** The channel on which the journal tells that a mapping has changed. */
const channel = 'pg_relocate'

/** How long a server may take to answer before its connection counts as lost. */
const answerMs = 10_000
/** How long it may take to say goodbye. */
const farewellMs = 1_000

export interface JournalSettings {
  /** A URL, or the configuration of a client. */
  readonly connection: string | object
  readonly plan: string
  readonly listens: boolean
  readonly onProblem: OnProblem
  /** Is called when the journal tells of a change, and when the connection ends. */
  readonly onChange: () => void
}

/** Reads the mapping from the journal, over a connection of its own that also listens to what the journal tells. */
export class JournalSource implements Source {
  readonly #settings: JournalSettings
  #client: pg.Client | undefined
  #connecting: pg.Client | undefined
  #isTold = false
  #isClosed = false

  constructor(settings: JournalSettings) {
    this.#settings = settings
  }

  async read(): Promise<Snapshot | undefined> {
    const { plan } = this.#settings
    const client = this.#client ?? (await this.#connect())
    try {
      return snapshotOf((await client.query<NameRow>(readNames, [plan])).rows)
    } catch (error) {
      if (isWithoutJournal(error)) return undefined
      if (!isRefused(error)) this.#drop(client)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#connecting !== undefined) cut(this.#connecting)
    const client = this.#client
    this.#client = undefined
    if (client !== undefined) await end(client)
  }

  async #connect(): Promise<pg.Client> {
    const { default: driver } = await import('pg')
    const { connection, onChange } = this.#settings
    const client = new driver.Client({
      // Read here: the driver's own errors may quote it.
      ...(typeof connection === 'string' ? clientConfig(connection) : connection),
      application_name: 'pg-relocate resolver',
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      keepAlive: true,
    })
    // A connection that ends while nothing is asked is found to be gone here, and made anew by the next reading.
    const lost = (): void => {
      if (this.#client !== client) return
      this.#client = undefined
      onChange()
    }
    client.on('error', lost)
    client.on('end', lost)
    client.on('notification', ({ payload }) => {
      if (isOf(payload, this.#settings.plan)) onChange()
    })
    this.#connecting = client
    try {
      this.#checkOpen()
      await client.connect()
      await this.#listen(client)
      this.#checkOpen()
    } catch (error) {
      await end(client)
      throw error
    } finally {
      this.#connecting = undefined
    }
    // Following a plan is no reason for a process to stay. The driver can do it, its types do not know.
    ;(client as pg.Client & { unref(): void }).unref()
    return (this.#client = client)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Error('the resolver was closed')
  }

  /** Listens before anything is read, so that no change falls between the two. A standby refuses: then asking must do. */
  async #listen(client: pg.Client): Promise<void> {
    if (!this.#settings.listens) return
    try {
      await client.query(`listen ${channel}`)
    } catch (error) {
      if (!isRefused(error)) throw error
      if (!this.#isTold)
        this.#settings.onProblem({
          kind: 'polling',
          text: `the journal cannot be listened to, it is asked at intervals: ${messageOf(error)}`,
          cause: error,
        })
      this.#isTold = true
    }
  }

  #drop(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined
    cut(client)
  }
}

/** Says goodbye. A server that does not answer does not answer that either: then the connection is cut. */
async function end(client: pg.Client): Promise<void> {
  const late = setTimeout(() => cut(client), farewellMs)
  await client.end().catch(() => undefined)
  clearTimeout(late)
}

function cut(client: pg.Client): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection
  stream.destroy()
}

function isOf(payload: string | undefined, plan: string): boolean {
  // Any role may notify, and needs to be believed no further: the mapping is read once more.
  return payload?.includes(JSON.stringify(plan)) === true
}

/** The server answered, so the connection is as good as before. FATAL is its farewell. */
function isRefused(error: unknown): boolean {
  if (error instanceof MigrateError) return true
  const severity = (error as { severity?: unknown } | null)?.severity
  return severity === 'ERROR'
}

/** There is no schema of the journal, or none of its tables: it was not installed yet, or is gone again. */
function isWithoutJournal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === '3F000' || code === '42P01'
}
