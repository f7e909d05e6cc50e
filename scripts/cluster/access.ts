import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import type { ServerBinaries } from './binaries.ts'

/** Where a running cluster is; plain data, so that it can be handed to another process. */
export interface ClusterAddress {
  readonly dir: string
  readonly host: string
  readonly port: number
  readonly superuser: string
  /** The superuser's password, if the cluster asks for one. */
  readonly password: string | undefined
  readonly binaries: ServerBinaries
}

/** What can be done with a running cluster by anyone who knows its address. */
export interface ClusterAccess extends ClusterAddress {
  readonly major: number
  /** A connection string over TCP; the superuser and the database `postgres` by default. */
  url(database?: string, user?: string): string
  /** Creates a database and returns its connection string. */
  createDatabase(name: string, template?: string): Promise<string>
  /** Drops a database, also when there are connections to it or when it is gone already. */
  dropDatabase(name: string): Promise<void>
  /** Runs one or more statements as the superuser. */
  sql(database: string, text: string): Promise<void>
  /** Loads a `.sql` or `.sql.xz` file with psql and stops at the first error. */
  load(database: string, file: string): Promise<void>
}

/** Opens the way to a running cluster; holds no connection of its own. */
export function accessCluster(address: ClusterAddress): ClusterAccess {
  const url = (database = 'postgres', user = address.superuser): string => {
    const password =
      user === address.superuser && address.password ? `:${encodeURIComponent(address.password)}` : ''
    const login = `${encodeURIComponent(user)}${password}`
    return `postgresql://${login}@${address.host}:${address.port}/${encodeURIComponent(database)}`
  }
  const sql = async (database: string, statements: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url(database), application_name: 'cluster' })
    // A server stopped under us is reported by the query; without a listener it would end the process.
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query(statements)
    } finally {
      await client.end()
    }
  }
  return {
    ...address,
    major: address.binaries.major,
    url,
    sql,
    async createDatabase(name, template = 'template0') {
      // template0 takes no connections, so no one can be in the way of the copy.
      await sql(
        'postgres',
        `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`,
      )
      return url(name)
    },
    dropDatabase: (name) =>
      sql('postgres', `drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
    load: (database, file) => load(address.binaries, url(database), file),
  }
}

async function load(binaries: ServerBinaries, url: string, file: string): Promise<void> {
  if (!binaries.clientBin) {
    throw new Error(
      `${file} needs psql to load; install postgresql-client (Debian), postgresql (Fedora) or libpq (brew)`,
    )
  }
  const isPacked = file.endsWith('.xz')
  const psql = spawn(
    join(binaries.clientBin, 'psql'),
    ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-f', isPacked ? '-' : file],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  const complaints = text(psql.stderr)
  const ends = [once(psql, 'close')]
  if (isPacked) {
    const xz = spawn('xz', ['-dc', file], { stdio: ['ignore', 'pipe', 'inherit'] })
    xz.stdout.pipe(psql.stdin)
    ends.push(once(xz, 'close'))
  } else {
    psql.stdin.end()
  }
  // psql leaves its input unread when a statement fails; its exit code says so.
  psql.stdin.on('error', () => {})
  const [psqlEnd, xzEnd] = await Promise.all(ends)
  const reason = (await complaints).trim()
  if (psqlEnd?.[0] !== 0) throw new Error(`psql could not load ${file}: ${reason}`)
  if (xzEnd && xzEnd[0] !== 0) throw new Error(`xz could not unpack ${file}`)
}
