import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { DatabaseComparison } from '../../src/engine/compare.ts'
import { sql } from '../support/client.ts'
import { sharedCluster } from '../support/cluster.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { ended } from '../support/process.ts'
import { Desk } from './desk.ts'

let here: FreshDatabase
let there: FreshDatabase
let desk: Desk

beforeAll(async () => {
  ;[here, there, desk] = [
    await freshDatabase('cli_compare'),
    await freshDatabase('cli_compare'),
    await Desk.open(),
  ]
  for (const { url } of [here, there])
    await sql(
      url,
      `create table public.users (id int primary key, name text);
       insert into public.users select n, 'user ' || n from generate_series(1, 30000) n;
       create table public.logs (line text); insert into public.logs select 'line ' || n % 10 from generate_series(1, 100) n;
       analyze`,
    )
  await desk.sketch('shop.yaml', here.url, { services: { people: ['users'], audit: ['logs'] } })
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  for (const database of [here, there]) await database[Symbol.asyncDispose]()
})

/** A thousand rows take a second: it can be ended long before its end. */
const slowly = ['compare', '--with', 'OTHER', '--chunk', '500', '--max-rate', '1000', '--json']

test('equal databases are equal, also when tables were moved in the one', async () => {
  expect((await desk.run(['execute', '--to', '2', '--yes'])).code).toBe(0)
  const { code, stdout } = await desk.run(['compare', '--with', 'OTHER'], { OTHER: there.url })
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /✓ {2}public\.users {2}people\.users and public\.users {2}30000 rows, checksum [0-9a-f]{16}/,
  )
  expect(await readdir(join(desk.dir, 'backups')).catch(() => [])).toEqual(['shop'])
  expect(await readdir(join(desk.dir, 'backups', 'shop'))).toEqual([])
})

test('differences are listed, and the repair makes them vanish', async () => {
  await sql(
    there.url,
    `update public.users set name = 'x''\\' where id = 7; delete from public.logs where line = 'line 3'`,
  )
  const args = ['compare', '--with', 'OTHER', '--repair', 'repair.sql']
  const { code, stdout } = await desk.run(args, { OTHER: there.url })
  expect(code).toBe(5)
  expect(stdout).toContain('public.users: id = 7: is different')
  expect(stdout).toMatch(/public\.logs: a row with hash -?\d+, 10 times: is missing/)
  expect((await stat(join(desk.dir, 'repair.sql'))).mode & 0o777).toBe(0o600)
  await sql(there.url, await readFile(join(desk.dir, 'repair.sql'), 'utf8'))
  const { result } = await desk.json<DatabaseComparison & { ok: boolean }>(['compare', '--with', 'OTHER'], {
    OTHER: there.url,
  })
  expect(result.ok).toBe(true)
})

test('one that was killed goes on where it was', async () => {
  await sql(there.url, `update public.users set name = 'y' where id = 5`)
  const child = desk.start([...slowly, '--table', 'public.users'], { OTHER: there.url })
  const kept = join(desk.dir, 'backups', 'shop')
  for await (const line of createInterface({ input: child.stderr! })) {
    const { type, done } = JSON.parse(line) as { type: string; done?: number }
    if (type === 'progress' && done! >= 2000 && (await readdir(kept)).length > 0) break
  }
  child.kill('SIGKILL')
  await ended(child)
  await sql(here.url, 'delete from people.users where id between 6 and 500')
  await sql(there.url, 'delete from public.users where id between 6 and 500')
  const { result, code } = await desk.json<DatabaseComparison>(
    ['compare', '--with', 'OTHER', '--table', 'public.users', '--chunk', '500'],
    { OTHER: there.url },
  )
  expect(code).toBe(5)
  expect(result.isContinued).toBe(true)
  // What was read before the kill was not read again, or the rows deleted since would be missing.
  expect(result.tables[0]).toMatchObject({
    rows: [30_000, 30_000],
    differences: [{ kind: 'changed', key: ['5'] }],
  })
  expect(await readdir(kept)).toEqual([])
})

test('Ctrl-C keeps how far it came', async () => {
  const child = desk.start([...slowly, '--table', 'public.users'], { OTHER: there.url })
  const lines = createInterface({ input: child.stderr! })
  for await (const line of lines) if ((JSON.parse(line) as { type: string }).type === 'progress') break
  child.kill('SIGINT')
  expect(await ended(child)).toBe(130)
  const again = await desk.run(
    ['compare', '--with', 'OTHER', '--table', 'public.users', '--chunk', '500', '--fresh'],
    {
      OTHER: there.url,
    },
  )
  expect(again.code).toBe(5)
})

test('what was different before a kill is looked at again', async () => {
  await sql(
    there.url,
    `update public.users set name = 'z' where id = 29999; insert into public.logs values ('extra')`,
  )
  const child = desk.start(slowly, { OTHER: there.url })
  for await (const line of createInterface({ input: child.stderr! }))
    if (
      (JSON.parse(line) as { type: string }).type === 'progress' &&
      (await readdir(join(desk.dir, 'backups', 'shop'))).length > 0
    )
      break
  const other = await desk.failure(['compare', '--with', 'OTHER', '--chunk', '500'], { OTHER: there.url })
  expect(other.error.code).toBe('lease-held')
  child.kill('SIGKILL')
  await ended(child)
  await sql(here.url, `insert into public.logs values ('extra')`)
  const again = async () =>
    desk.json<DatabaseComparison>(['compare', '--with', 'OTHER', '--chunk', '500'], { OTHER: there.url })
  const { result } = await again()
  const keys = result.tables.flatMap(({ differences }) => differences.map(({ key }) => key[0]))
  expect(keys).toEqual(['5', '29999'])
})

test('a repair keeps texts in another encoding, and sequences ahead', async () => {
  await using latin = await freshDatabase('cli_compare')
  await sql(here.url, `create database ${latin.name}_l1 encoding 'LATIN1' locale 'C' template template0`)
  const url = new URL(there.url)
  url.pathname = `/${latin.name}_l1`
  await using own = await Desk.open()
  await using source = await freshDatabase('cli_compare')
  const create = `create table public.notes (id serial primary key, v text)`
  await sql(source.url, `${create}; insert into public.notes (v) values ('café'), ('à'), ('ça')`)
  await sql(url.href, create)
  await own.sketch('notes.yaml', source.url, { name: 'notes', services: { notes: ['notes'] } })
  const compare = ['compare', '--with', 'OTHER', '--repair', 'repair.sql']
  expect((await own.run(compare, { OTHER: url.href })).code).toBe(5)
  const { binaries } = sharedCluster()
  const psql = async (): Promise<void> => {
    await promisify(execFile)(
      join(binaries.bin, 'psql'),
      ['--set', 'ON_ERROR_STOP=1', '--file', join(own.dir, 'repair.sql'), url.href],
      {
        env: { ...process.env, PGCLIENTENCODING: 'LATIN1', LC_ALL: 'C' },
      },
    )
  }
  if (binaries.canDump) await psql()
  else await sql(url.href, await readFile(join(own.dir, 'repair.sql'), 'utf8'))
  expect((await own.run(['compare', '--with', 'OTHER'], { OTHER: url.href })).code).toBe(0)
  await sql(url.href, `insert into public.notes (v) values ('next')`)
  await sql(here.url, `drop database ${latin.name}_l1`)
})

test('a table that others inherit from is not repaired', async () => {
  await using one = await freshDatabase('cli_compare')
  await using other = await freshDatabase('cli_compare')
  for (const { url } of [one, other])
    await sql(
      url,
      `create table public.p (id int); create table public.c () inherits (public.p); insert into public.p values (1)`,
    )
  await sql(one.url, 'insert into public.c values (2)')
  await using own = await Desk.open()
  await own.sketch('p.yaml', one.url, { name: 'p', services: { p: ['p', 'c'] } })
  const { error } = await own.failure(
    ['compare', '--with', 'OTHER', '--repair', 'r.sql', '--table', 'public.p'],
    { OTHER: other.url },
  )
  expect([error.code, error.message]).toEqual(['usage-invalid', expect.stringContaining('inherits')])
  expect(await readdir(own.dir)).not.toContain('r.sql')
})

test.each([
  ['a database that nobody knows', ['--with', 'NOBODY'], 'usage-invalid'],
  ['a table that the plan does not have', ['--with', 'OTHER', '--table', 'public.user'], 'usage-invalid'],
  ['a number that is none', ['--with', 'OTHER', '--chunk', 'many'], 'usage-invalid'],
  ['a server that is not there', ['--with', 'GONE'], 'connection-failed'],
  ['a database without the tables', ['--with', 'EMPTY'], 'table-not-found'],
])('%s', async (_name, args, expected) => {
  const empty = new URL(there.url)
  empty.pathname = '/postgres'
  const { error } = await desk.failure(['compare', ...args], {
    OTHER: there.url,
    GONE: 'postgres://nobody@127.0.0.1:1/none',
    EMPTY: empty.href,
  })
  expect(error.code).toBe(expected)
})
