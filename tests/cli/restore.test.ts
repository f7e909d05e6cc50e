import { afterAll, beforeAll, expect } from '@jest/globals'
import { once } from 'node:events'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backup } from '../../src/backup/manifest.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import type { FreshDatabase } from '../support/database.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { until } from '../support/process.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { Desk } from './desk.ts'

let database: FreshDatabase
let desk: Desk
let backup: Backup

beforeAll(async () => {
  database = await sampleDatabase('cli_restore')
  desk = await Desk.open()
  await desk.sketch('shop.yaml', database.url, {
    ...samplePlan,
    defaults: { backup: 'each-phase', backupDir: 'backups' },
  })
  const taken = await desk.json<Backup>(['backup', 'take'])
  expect(taken.code).toBe(0)
  backup = taken.result
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const notes = (): Promise<{ n: number }[]> =>
  rowsOf(database.url, `select count(*)::int as n from public.users where note = 'damaged'`)

test('from cron to prune: plain lines, exit codes, and the last drill in the list', async () => {
  const journalless = await desk.run(['drill'])
  expect(journalless.stdout).toContain('not recorded: there is no journal')
  await desk.run(['execute', '--phase', '1', '--yes'])
  expect((await desk.run(['drill', backup.path])).code).toBe(0)
  const { stdout } = await desk.run(['backup', 'list'])
  expect(stdout).toMatch(
    /-all +all tables +\S+ \S+ ago +\d.* [kM]?B +5 tables +\d+ rows +not encrypted +drill passed/,
  )
  expect(stdout).toMatch(/-phase1 +phase 1 .* no drill/)
  expect((await desk.failure(['backup', 'take', '--service', 'sale'])).error).toMatchObject({
    code: 'usage-invalid',
    message: 'the plan has no service "sale" (did you mean "sales"?)',
  })
  expect((await desk.failure(['backup', 'prune'])).error.code).toBe('usage-invalid')
  const pruned = await desk.run(['backup', 'prune', '--keep', '1', '--older-than', '30d', '--dry-run'])
  expect([pruned.code, pruned.stdout]).toEqual([0, '0 backups, 0 B would be removed\n'])
})

test('asks for the database’s name, which --yes never covers; dry run, restore, undo and release', async () => {
  await sql(database.url, `update public.users set note = 'damaged' where id < 6`)
  const { name } = database
  const dry = await desk.run(['restore', backup.path, '--dry-run'])
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/public\.users +lost would be: 0 added rows, 0 deletions, 5 changes/),
  })
  expect(await notes()).toEqual([{ n: 5 }])
  const asked = await desk.failure(['restore', backup.path, '--yes'])
  expect([asked.code, asked.error.next]).toEqual([2, [`run the same command again with --confirm ${name}`]])
  const done = await desk.json<{ id: number }>([
    'restore',
    backup.path,
    '--table',
    'users',
    '--confirm',
    name,
  ])
  expect([done.code, await notes()]).toEqual([0, [{ n: 0 }]])
  const { id } = done.result
  expect((await desk.run(['restore', '--list'])).stdout).toMatch(
    new RegExp(`^${id}  kept .*public\\.users 5 rows$`, 'm'),
  )
  expect((await desk.run(['restore', '--undo', String(id), '--yes'])).code).toBe(0)
  expect(await notes()).toEqual([{ n: 5 }])
  expect((await desk.failure(['uninstall', '--confirm', 'shop'])).error.code).toBe('run-standing')
  expect((await desk.run(['restore', '--release', String(id), '--confirm', name])).code).toBe(0)
})

test('killed while it waits to change the tables: nothing is changed, and the next one sweeps up', async () => {
  await using holder = await connect(database.url)
  await holder.query('begin; lock table public.users in row exclusive mode')
  const child = desk.start(['restore', backup.path, '--table', 'users', '--confirm', database.name])
  const scratch = (): Promise<object[]> =>
    rowsOf(database.url, `select 1 from pg_database where datname like 'pg_relocate_scratch_%'`)
  await until(async () => {
    const waiting = await rowsOf(
      database.url,
      `select 1 from pg_locks where relation = 'public.users'::regclass and not granted`,
    )
    return waiting.length > 0
  })
  expect((await scratch()).length).toBeGreaterThan(0)
  child.kill('SIGKILL')
  await once(child, 'close')
  await holder.query('rollback')
  expect(await notes()).toEqual([{ n: 5 }])
  const again = await desk.run([
    'restore',
    backup.path,
    '--table',
    'users',
    '--confirm',
    database.name,
    '--wait',
    '30s',
  ])
  expect([again.code, await notes()]).toEqual([0, [{ n: 0 }]])
  const left = await rowsOf(
    database.url,
    `select 1 from pg_database d where datname like 'pg_relocate_scratch_%' and not exists (
       select from pg_locks l where l.locktype = 'advisory' and l.objid = (hashtext(d.datname)::bigint & 4294967295)::oid)`,
  )
  expect(left).toEqual([])
})

test('a damaged backup is refused before anything is touched', async () => {
  await appendFile(join(desk.dir, backup.path, 'schema.dump'), 'x')
  const { code, error } = await desk.failure(['restore', backup.path, '--confirm', database.name])
  expect([code, error.code, error.state.kind]).toEqual([4, 'backup-corrupt', 'untouched'])
  expect((await desk.run(['backup', 'verify', backup.path])).code).toBe(5)
  expect((await desk.failure(['drill', backup.path])).error.code).toBe('backup-corrupt')
  expect((await desk.run(['backup', 'list'])).stdout).toMatch(/-all .* drill failed/)
})
