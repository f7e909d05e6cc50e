import { setTimeout as sleep } from 'node:timers/promises'
import { Client, escapeIdentifier } from 'pg'
import type { Prepared } from './manner.ts'
import type { Meter, Sent } from './meter.ts'
import type { WorkerSettings } from './settings.ts'

/** How long a client that lost the server waits before it tries again. */
const RECONNECT_MS = 100

/** A connection that comes back after it was lost; each loss and each vain try is a failure that counts. */
export class Connection {
  readonly #settings: WorkerSettings
  readonly #meter: Meter
  #client: Client | undefined
  #isBroken = false
  /** The statement that waits for an answer. */
  inFlight: Sent | undefined
  prepared: Prepared = new Map()
  /** True once the line was cut on our side: what fails then was counted already. */
  isGivenUp = false

  constructor(settings: WorkerSettings, meter: Meter) {
    this.#settings = settings
    this.#meter = meter
  }

  /** The connection, or nothing while the server cannot be reached. */
  async client(): Promise<Client | undefined> {
    if (this.#client && !this.#isBroken) return this.#client
    void this.#client?.end().catch(() => undefined)
    try {
      await this.open()
    } catch (error) {
      this.#meter.failed({ ...NOTHING, operation: 'connect' }, codeOf(error), messageOf(error))
      await sleep(RECONNECT_MS)
      return undefined
    }
    return this.#client
  }

  async open(): Promise<void> {
    const { url, applicationName, searchPath } = this.#settings
    const client = new Client({ connectionString: url, application_name: applicationName })
    client.on('error', (error) => this.#lost(client, error))
    await client.connect()
    if (searchPath.length > 0)
      await client.query(`set search_path = ${searchPath.map(escapeIdentifier).join(', ')}`)
    this.#client = client
    this.#isBroken = false
    this.prepared = new Map()
  }

  /** A connection that died under a statement is not used again. */
  markBroken(): void {
    this.#isBroken = true
  }

  /** Cuts the line under a statement that was not answered in time. */
  giveUp(afterMs: number): void {
    if (this.inFlight)
      this.#meter.failed(this.inFlight, 'no answer', `no answer ${afterMs} ms after the stop`)
    this.#isBroken = true
    this.isGivenUp = true
    // end() waits for the query in hand, so the socket itself has to go; @types/pg does not show it.
    const { connection } = this.#client as unknown as { connection?: { stream?: { destroy?: () => void } } }
    connection?.stream?.destroy?.()
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => undefined)
  }

  #lost(client: Client, error: Error): void {
    if (client !== this.#client || this.#isBroken) return
    this.#isBroken = true
    // Under a statement the statement itself fails and is counted.
    if (!this.inFlight) this.#meter.failed({ ...NOTHING, operation: 'idle' }, codeOf(error), error.message)
  }
}

const NOTHING: Sent = { operation: '', style: 'unqualified', manner: 'simple', text: '' }

/** SQLSTATE, or the system's error code, or `connection` where the driver gives none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'connection'
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** True when the server itself answered with an error; otherwise the connection is gone. */
export function isFromServer(error: unknown): boolean {
  const severity = (error as { severity?: unknown } | null)?.severity
  // FATAL ends the session (57P01 and its like), so the connection is not to be used again.
  return typeof severity === 'string' && severity !== 'FATAL' && severity !== 'PANIC'
}
