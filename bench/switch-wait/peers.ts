import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Cluster } from '../../scripts/cluster/cluster.ts'
import { buildChain, chainTables } from '../../scripts/load/chain.ts'
import { writePlan } from '../plan-file.ts'

/** A way to move tables from one schema to another, on a database of its own. */
export interface Peer {
  readonly name: PeerName
  readonly database: string
  /** Moves all tables. Clients are at work meanwhile. */
  readonly perform: () => Promise<Performed>
  /** Does what it can of the same without changing anything: its program takes processor time from the clients too. */
  readonly rehearse?: () => Promise<unknown>
  /** Makes the database as it was. No client is at work. */
  readonly reset: () => Promise<void>
}

export type PeerName = 'no switch' | 'dry run' | 'psql script' | 'pg-relocate'

export interface Performed {
  /** How often the script had to be run, or the locks had to be asked for, until it went through. */
  readonly tries: number
  /** The runner's own account: from asking for the locks to the commit, in ms; the longest of its transactions. */
  readonly stallMs?: number
  /** Why the runner had to ask again, and how often. */
  readonly reasons?: Readonly<Record<string, number>>
}

export const ROWS = 1_000

/** What a database administrator would write: one transaction, statement by statement. */
export async function scriptPeer(cluster: Cluster, tables: number): Promise<Peer> {
  const database = `script_${tables}`
  await prepare(cluster, database, tables)
  await cluster.sql(database, 'create schema moved')
  const forward = join(cluster.dir, `${database}.sql`)
  await writeFile(
    forward,
    [
      'begin;',
      ...chainTables(tables).flatMap((table) => [
        `alter table public.${table} set schema moved;`,
        `create view public.${table} as select * from moved.${table};`,
      ]),
      'commit;\n',
    ].join('\n'),
  )
  const back = chainTables(tables)
    .map((table) => `drop view public.${table}; alter table moved.${table} set schema public;`)
    .join('\n')
  return {
    name: 'psql script',
    database,
    perform: async () => {
      for (let tries = 1; ; tries++) {
        const failure = await cluster.load(database, forward).catch((error: unknown) => error as Error)
        if (!failure) return { tries }
        // Who is a deadlock's victim runs the script again; anything else is a mistake of ours.
        if (!/deadlock detected/.test(failure.message) || tries === TRIES) throw failure
      }
    },
    reset: () => cluster.sql(database, back),
  }
}

/** The product, by its command line, after its expand phase. */
export async function ownPeer(cluster: Cluster, tables: number): Promise<Peer> {
  const database = `own_${tables}`
  await prepare(cluster, database, tables)
  const { migrate } = await writePlan(cluster, database, new Map([['moved', chainTables(tables)]]))
  await migrate.run('execute', '--phase', '1', '--yes')
  return {
    name: 'pg-relocate',
    database,
    perform: async () => {
      await migrate.run('execute', '--phase', '2', '--yes')
      return readJournal(cluster.url(database))
    },
    rehearse: () => migrate.run('execute', '--phase', '2', '--dry-run'),
    reset: async () => {
      await migrate.run('rollback', '--phase', '2', '--yes')
    },
  }
}

async function prepare(cluster: Cluster, database: string, tables: number): Promise<void> {
  await cluster.createDatabase(database)
  await cluster.sql(database, buildChain(tables, ROWS))
  await cluster.sql(database, 'vacuum analyze')
}

/** What the journal says of the phase that was just executed. */
async function readJournal(url: string): Promise<Performed> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: steps } = await client.query<{ stall: number }>(
      `select max(stall_ms) as stall from migrate.steps where phase = 2 and kind = 'switch-tables'`,
    )
    const { rows: retries } = await client.query<{ reason: string; count: number }>(
      `select body->>'reason' as reason, count(*)::int from migrate.events
        where type = 'action:retry' and id > (select max(id) from migrate.events where type = 'phase:start')
        group by 1 order by 1`,
    )
    return {
      tries: retries.reduce((sum, { count }) => sum + count, 1),
      stallMs: steps[0]?.stall ?? Number.NaN,
      reasons: Object.fromEntries(retries.map(({ reason, count }) => [reason, count])),
    }
  } finally {
    await client.end()
  }
}

const TRIES = 20
