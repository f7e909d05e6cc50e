import pg from 'pg'

/** An application's connection that is closed at the end of its scope. */
export class TestClient extends pg.Client implements AsyncDisposable {
  get pid(): number {
    return (this as unknown as { processID: number }).processID
  }

  /** The rows of one statement. */
  async rows<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    return (await this.query<R>(text, values)).rows
  }

  /** The first column of the first row. */
  async value<T>(text: string, values: unknown[] = []): Promise<T> {
    return Object.values((await this.rows(text, values))[0] ?? {})[0] as T
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end().catch(() => undefined)
  }
}

export async function connect(url: string, application = 'test client', role?: string): Promise<TestClient> {
  const client = new TestClient({ connectionString: url, application_name: application })
  client.on('error', () => undefined)
  await client.connect()
  if (role !== undefined) await client.query(`set role ${role}`)
  return client
}

/** One statement, or several, in a connection of their own. */
export async function sql(url: string, text: string): Promise<void> {
  await using client = await connect(url)
  await client.query(text)
}

export async function rowsOf<R extends pg.QueryResultRow>(url: string, text: string): Promise<R[]> {
  await using client = await connect(url)
  return await client.rows<R>(text)
}
