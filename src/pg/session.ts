import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { connectionError } from './connection-error.ts'
import { clientConfig } from './connection-string.ts'
import { enterBackends, ownPrefix, readOwnBackend, type Backend } from './own-session.ts'
import type { DatabaseTarget } from './target.ts'

export type Row = Record<string, unknown>

/**
 * One server session of the runner: a single connection whose settings are known, so that catalog text
 * (pg_get_expr, format_type) comes out fully qualified and rows print the same everywhere.
 */
export class Session implements AsyncDisposable {
  readonly target: DatabaseTarget
  readonly #client: pg.Client
  #lost: Error | undefined

  private constructor(target: DatabaseTarget, client: pg.Client) {
    this.target = target
    this.#client = client
    // Without a listener a dropped idle connection would crash the process; the next query reports it.
    client.on('error', (error) => (this.#lost = error))
  }

  /**
   * Opens a session. With other settings, or none, it is what a client gets by its connection string, role and database.
   * @throws MigrateError `connection-failed` when the server cannot be reached or refuses the login.
   */
  static async connect(
    target: DatabaseTarget,
    applicationName: string,
    settings = sessionSettings,
  ): Promise<Session> {
    let client: pg.Client | undefined
    try {
      client = new pg.Client({
        ...clientConfig(target.url),
        // After the connection string, which may say another one: by its name the tool knows its own sessions.
        application_name: applicationName.slice(0, 63),
        connectionTimeoutMillis: 10_000,
        keepAlive: true,
      })
      await client.connect()
    } catch (error) {
      // A login that failed half-way leaves its socket open, and the process waiting for the server to close it.
      const { stream } =
        (client as unknown as { connection?: { stream?: { destroy(): void } } } | undefined)?.connection ?? {}
      stream?.destroy()
      throw connectionError(target, error)
    }
    const session = new Session(target, client)
    try {
      if (settings !== '') await session.script(settings)
      if (applicationName.startsWith(ownPrefix)) await session.#makeKnown()
    } catch (error) {
      await session.close()
      throw error
    }
    return session
  }

  /** The backend's process id as the start-up packet told it; a pooler tells one of its own. */
  get announcedPid(): number {
    // The driver reads the four bytes as a signed number.
    return (this.#client as unknown as { processID: number }).processID >>> 0
  }

  /** The backends of this process's sessions that are open, whatever server they are on. */
  static get backends(): readonly Backend[] {
    return [...open.values()]
  }

  /** Says that its backend is the tool's: to this process, and to all others by the journal's register. */
  async #makeKnown(): Promise<void> {
    const { mayEnter, ...backend } = await this.one<Backend & { mayEnter: boolean }>(readOwnBackend)
    open.set(this, backend)
    if (mayEnter) await this.enter([backend])
  }

  /** Enters backends in the journal's register. Without that they are taken for clients, which does no harm. */
  async enter(backends: readonly Backend[]): Promise<void> {
    try {
      await this.script(enterBackends(backends))
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error
      await this.script('rollback')
    }
  }

  /** What ended the connection, if it has ended. */
  get loss(): Error | undefined {
    return this.#lost
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** Runs one statement and returns its rows. */
  async query<R extends object = Row>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    const result = await this.#client.query<R & pg.QueryResultRow>(text, [...values])
    return result.rows
  }

  /** Runs one statement, refused if it is several, and returns its values as the server writes them. */
  async cells(text: string): Promise<(string | null)[][]> {
    const config = { text, rowMode: 'array', queryMode: 'extended', types: asWritten } as const
    return (await this.#client.query<(string | null)[]>(config)).rows
  }

  /** Runs one statement that must yield one row. */
  async one<R extends object = Row>(text: string, values: readonly unknown[] = []): Promise<R> {
    const [row] = await this.query<R>(text, values)
    if (row === undefined) throw new Error(`no row from: ${text.slice(0, 200)}`)
    return row
  }

  /** Sends several statements as one query string, in one round trip; values cannot be parameters here. */
  async script(text: string): Promise<void> {
    await this.#client.query(text)
  }

  /** Runs a COPY FROM STDIN with these bytes as its rows. */
  async copyIn(text: string, rows: AsyncIterable<Buffer>): Promise<void> {
    let failure: unknown
    async function* noted(): AsyncGenerator<Buffer> {
      try {
        yield* rows
      } catch (error) {
        failure = error
        throw error
      }
    }
    try {
      await pipeline(Readable.from(noted()), this.#client.query(copyFrom(text)))
    } catch (error) {
      // The server only tells that its client gave up.
      throw failure ?? error
    }
  }

  /** Listens to server messages (notices, warnings) until the returned function is called. */
  onNotice(listener: (message: string) => void): () => void {
    const hear = (notice: { message: string | undefined }): void => listener(notice.message ?? '')
    this.#client.on('notice', hear)
    return () => this.#client.off('notice', hear)
  }

  async close(): Promise<void> {
    open.delete(this)
    await this.#client.end().catch(() => undefined)
  }

  /** Leaves at once, without waiting for a statement that is under way there. */
  abandon(): void {
    open.delete(this)
    const { stream } = (this.#client as unknown as { connection: { stream: { destroy(): void } } }).connection
    stream.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Sessions of the tool that this process has open. */
const open = new Map<Session, Backend>()

const asWritten = { getTypeParser: () => (text: string) => text }

/** The first statement of every session whose names are the tool's own. */
export const safePath = 'set search_path = pg_catalog, pg_temp'

/** What a session of any kind needs so that nothing of it outlives its runner. */
export const checkingConnection = `
  do $$
  begin
    set client_connection_check_interval = 100;
  exception when undefined_object or invalid_parameter_value then
    null; -- not every platform can poll a socket for its end
  end $$;
`

/**
 * search_path comes first: no name of the sessions is looked up where others may have put something of theirs, and what the
 * catalog prints is qualified. Temporary objects are last, which would be first if they were not named (manual, chapter
 * 5.9.6). client_connection_check_interval lets a backend that waits for a lock notice that its runner was killed; without it the killed runner's
 * statement would still be carried out later (seen on 15 and 18).
 */
const sessionSettings = `
  ${safePath};
  do $$
  declare setting text;
  begin
    foreach setting in array array['client_connection_check_interval=100', 'idle_session_timeout=0', 'transaction_timeout=0'] loop
      begin
        perform set_config(split_part(setting, '=', 1), split_part(setting, '=', 2), false);
      exception when undefined_object or invalid_parameter_value then
        null; -- they came with 14 and 17, and not every platform can poll a socket for its end
      end;
    end loop;
  end $$;
  set statement_timeout = 0;
  set lock_timeout = '2s';
  set idle_in_transaction_session_timeout = '60s';
  set default_transaction_read_only = off;
  set default_transaction_isolation = 'read committed';
  set standard_conforming_strings = on;
  set datestyle = 'ISO, YMD';
  set intervalstyle = 'postgres';
  set timezone = 'UTC';
  set extra_float_digits = 1;
  set bytea_output = 'hex';
  set client_min_messages = notice;
  set row_security = on;
`
