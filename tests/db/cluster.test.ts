import { describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { sharedCluster, startCluster } from '../support/cluster.ts'
import { freshDatabase } from '../support/database.ts'
import { ended, isAlive } from '../support/process.ts'

describe('the shared cluster', () => {
  test('gives every test a database of its own and drops it', async () => {
    const cluster = sharedCluster()
    let name: string
    {
      await using database = await freshDatabase('cluster')
      name = database.name
      await cluster.sql(name, 'create table t (x int); insert into t values (1), (2)')
      expect(await rows(database.url, 'select count(*)::int as n from t')).toEqual([{ n: 2 }])
    }
    expect(await rows(cluster.url(), `select 1 from pg_database where datname = '${name}'`)).toEqual([])
  })

  test('drops a database that has sessions', async () => {
    const cluster = sharedCluster()
    const database = await freshDatabase('busy')
    const client = new pg.Client(database.url)
    client.on('error', () => {})
    await client.connect()
    await cluster.dropDatabase(database.name)
    await cluster.dropDatabase(database.name)
    await client.end().catch(() => {})
  })

  test('loads plain and packed files, and says where a file is wrong', async () => {
    await using database = await freshDatabase('load')
    const cluster = sharedCluster()
    const folder = mkdtempSync(join(tmpdir(), 'load-'))
    try {
      const plain = join(folder, 'plain.sql')
      writeFileSync(plain, 'create table a ();\n')
      const packed = join(folder, 'packed.sql')
      // More than a pipe holds, so that a psql that stops early leaves xz writing.
      writeFileSync(packed, `create table b ();\n${'select 1;\n'.repeat(20_000)}`)
      const broken = join(folder, 'broken.sql')
      writeFileSync(broken, `create table c ();\nselect nonsense;\n${'select 1;\n'.repeat(20_000)}`)
      await ended(spawn('xz', ['-0', packed, broken]))
      await cluster.load(database.name, plain)
      await cluster.load(database.name, `${packed}.xz`)
      const tables = await rows(
        database.url,
        `select relname from pg_class where relnamespace = 'public'::regnamespace`,
      )
      expect(tables.map((row) => row['relname']).sort()).toEqual(['a', 'b'])
      await expect(cluster.load(database.name, `${broken}.xz`)).rejects.toThrow(/"nonsense" does not exist/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('is set up for replication and many sessions', async () => {
    const found = await rows(
      sharedCluster().url(),
      `select name, setting from pg_settings where name = any
       ('{fsync,wal_level,max_connections,max_prepared_transactions,server_encoding,synchronous_commit}')`,
    )
    expect(Object.fromEntries(found.map((row) => [row['name'], row['setting']]))).toEqual({
      fsync: 'off',
      wal_level: 'logical',
      max_connections: '300',
      max_prepared_transactions: '10',
      server_encoding: 'UTF8',
      synchronous_commit: 'on',
    })
  })
})

describe('a cluster of its own', () => {
  test('keeps its data and port when it is stopped, crashed, killed and started', async () => {
    await using cluster = await startCluster({ settings: { max_connections: '20' } })
    const url = await cluster.createDatabase('a "b" %')
    await cluster.sql('a "b" %', 'create table t (x int); insert into t values (1)')
    for (const mode of ['fast', 'immediate', 'kill'] as const) {
      await cluster.stop(mode)
      expect(cluster.pid).toBeUndefined()
      await expect(cluster.sql('postgres', 'select 1')).rejects.toThrow()
      await cluster.start()
      expect(cluster.pid).toBeDefined()
      expect(await rows(url, 'select x from t')).toEqual([{ x: 1 }])
    }
    expect(await rows(url, 'show max_connections')).toEqual([{ max_connections: '20' }])
  })

  test('removes everything when it is destroyed, also twice and while stopped', async () => {
    const cluster = await startCluster()
    const pid = cluster.pid!
    await cluster.stop()
    await cluster.start()
    await cluster.stop()
    await Promise.all([cluster.destroy(), cluster.destroy()])
    expect(existsSync(cluster.dir)).toBe(false)
    expect(isAlive(pid)).toBe(false)
  })

  test('asks for passwords when told to', async () => {
    await using cluster = await startCluster({ auth: 'scram-sha-256', password: `it's :@/` })
    await cluster.sql('postgres', `create role app login password 'right'`)
    const url = cluster.url('postgres', 'app')
    await expect(rows(url.replace('app@', 'app:wrong@'), 'select 1')).rejects.toThrow(
      /password authentication failed/,
    )
    expect(await rows(url.replace('app@', 'app:right@'), 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('reports what the server said when it does not start, and leaves nothing', async () => {
    const start = startCluster({ settings: { shared_buffers: 'plenty' } })
    await expect(start).rejects.toThrow(
      /did not start:[^]*invalid value for parameter "shared_buffers": "plenty"/,
    )
  })
})

async function rows(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end().catch(() => {})
  }
}
