import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

/** How long the reader goes on once the switch stands behind it. */
const READ_MS = 3_000

/**
 * Does something behind a transaction that has read one of the tables and takes its time. The reader's three
 * seconds begin when the switch first waits: programs need different times to get that far, and each is to meet
 * the whole of it.
 */
export async function behindReader<T>(url: string, table: string, act: () => Promise<T>): Promise<T> {
  const reader = await connect(url, 'reader')
  const watcher = await connect(url, 'watcher')
  try {
    await reader.query('begin')
    await reader.query(`select count(*) from public.${table}`)
    const over = new AbortController()
    const acting = act().finally(() => over.abort())
    const reading = (async () => {
      while (!over.signal.aborted && !(await isAnyoneLockedOut(watcher))) await sleep(5)
      await sleep(READ_MS)
      await reader.query('commit')
    })()
    const [outcome] = await Promise.all([acting, reading])
    return outcome
  } finally {
    await reader.end().catch(() => undefined)
    await watcher.end().catch(() => undefined)
  }
}

async function isAnyoneLockedOut(watcher: Client): Promise<boolean> {
  const { rowCount } = await watcher.query(
    `select from pg_locks where not granted and mode = 'AccessExclusiveLock' and locktype = 'relation' limit 1`,
  )
  return rowCount !== 0
}

async function connect(url: string, name: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: name })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
