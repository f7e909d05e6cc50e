import pg from 'pg'
import { connectionError } from './connection-error.ts'
import { clientConfig } from './connection-string.ts'
import { ident } from './quoting.ts'
import { describeTarget } from './target.ts'

/**
 * A session on the admin console of PgBouncer, which speaks the simple query protocol and no SQL (PgBouncer manual,
 * chapter "Admin console").
 */
export class AdminConsole implements AsyncDisposable {
  /** `host:port/database`. */
  readonly where: string
  readonly #client: pg.Client

  private constructor(where: string, client: pg.Client) {
    this.where = where
    this.#client = client
    client.on('error', () => undefined)
  }

  /** @throws MigrateError `connection-failed` */
  static async open(url: string): Promise<AdminConsole> {
    const target = { alias: 'pooler', url }
    let client: pg.Client | undefined
    try {
      client = new pg.Client({ ...clientConfig(url), connectionTimeoutMillis: 5_000 })
      const console = new AdminConsole(describeTarget(target), client)
      await client.connect()
      return console
    } catch (error) {
      void client?.end().catch(() => undefined)
      throw connectionError(target, error)
    }
  }

  /** The databases it offers, and whether each is paused or about to be. */
  async databases(): Promise<{ readonly name: string; readonly isPaused: boolean }[]> {
    const { rows } = await this.#client.query<{ name: string; paused: number | string }>('SHOW DATABASES')
    return rows.map(({ name, paused }) => ({ name, isPaused: Number(paused) === 1 }))
  }

  async isPaused(database: string): Promise<boolean> {
    return (await this.databases()).some(({ name, isPaused }) => name === database && isPaused)
  }

  /** May it PAUSE, or only look? Rights are checked before names, so that a name that does not exist tells. */
  async mayPause(): Promise<boolean> {
    return this.#client.query('RESUME migrate_asks_for_its_rights').then(
      () => true,
      (error: unknown) => !/admin access/i.test(String(error)),
    )
  }

  /** Ends when no statement is under way and all new ones wait; that may be never. */
  async pause(database: string): Promise<void> {
    await this.#client.query(`PAUSE ${ident(database)}`)
  }

  /** One that is not paused is left as it is. */
  async resume(database: string): Promise<void> {
    if (await this.isPaused(database)) await this.#client.query(`RESUME ${ident(database)}`)
  }

  /** At once: a console that waits for its PAUSE to be granted does not answer a polite end. */
  [Symbol.asyncDispose](): Promise<void> {
    const { stream } = (this.#client as unknown as { connection: { stream: { destroy(): void } } }).connection
    stream.destroy()
    return Promise.resolve()
  }
}
