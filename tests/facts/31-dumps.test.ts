import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { planFor } from '../support/plan.ts'
import { run } from '../support/run.ts'
import { sampleDatabase, samplePlan, sampleTables } from '../support/sample.ts'

const programs = (name: string, ...args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(join(sharedCluster().binaries.clientBin!, name), args, { maxBuffer: 1 << 26 })

test('a database between switch and contract is dumped and restored as it is, and used by both names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dumped-'))
  try {
    await using database = await sampleDatabase('dumped')
    await run(planFor(database.url, samplePlan), [1, 2, 3])
    await using restored = await freshDatabase('restored')
    await programs('pg_dump', '-Fc', '-f', join(folder, 'all'), '-d', database.url)
    await programs('pg_restore', '--exit-on-error', '-d', restored.url, join(folder, 'all'))
    for (const table of sampleTables) {
      const all = `select * from ${table} order by 1, 2`
      expect(await rowsOf(restored.url, all)).toEqual(await rowsOf(database.url, all))
    }
    await using client = await connect(restored.url)
    const { id } = (
      await client.rows<{ id: number }>(`insert into public.users (email) values ('by old') returning id`)
    )[0]!
    expect(id).toBeGreaterThan(20)
    expect(await client.value(`select state from accounts.users where email = 'by old'`)).toBe('new')
    await client.query(`update accounts.users set email = 'by new' where email = 'by old'`)
    expect(await client.value(`select email from users where id = ${id}`)).toBe('by new')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a dump of the old name alone has no row in it after the switch: that is a view', async () => {
  await using database = await sampleDatabase('dumped')
  const plan = planFor(database.url, samplePlan)
  const dumped = async (table: string): Promise<number> =>
    (await programs('pg_dump', '--data-only', '--inserts', '-t', table, '-d', database.url)).stdout.split(
      'INSERT INTO',
    ).length - 1
  expect(await dumped('public.users')).toBe(20)
  await run(plan, [1, 2])
  expect(await dumped('public.users')).toBe(0)
  expect(await dumped('accounts.users')).toBe(20)
})
