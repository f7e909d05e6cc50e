import { afterAll, beforeAll, expect } from '@jest/globals'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { keptRestores } from '../../src/engine/restore.ts'
import { restoreBeside } from '../../src/engine/prepare-restore.ts'
import { sharedCluster } from '../support/cluster.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { failureOf } from '../support/run.ts'
import { restoreScene, type RestoreScene } from './restore/scene.ts'

let scene: RestoreScene
let file: string

beforeAll(async () => {
  scene = await restoreScene('plain')
  await scene.sql(`
    create table public.odd (id int primary key, t text);
    insert into public.odd values (1, E'a;b\\n\\\\connect elsewhere\\n'), (2, $q$it's$q$), (3, E'\\\\.');
    create function public.twice(n int) returns int language sql begin atomic select n; select n * 2; end;
    comment on table public.odd is 'one; two -- three /* four'`)
  file = await dumpTo('whole.sql', [])
})

afterAll(() => scene[Symbol.asyncDispose]())

/** A dump as HEAL7's nightly job writes it. */
async function dumpTo(name: string, options: readonly string[]): Promise<string> {
  const path = join(scene.directory, name)
  const { clientBin } = sharedCluster().binaries
  await promisify(execFile)(join(clientBin!, 'pg_dump'), [...options, `--file=${path}`, '-d', scene.url])
  return path
}

async function changed(name: string, change: (text: string) => string): Promise<string> {
  const path = join(scene.directory, name)
  await writeFile(path, change(await readFile(file, 'utf8')))
  return path
}

test('a plain dump is put in place by names; what it cannot prove and what was left out are told', async () => {
  await scene.sql(
    `update public.users set note = 'damaged' where id < 4; delete from public.odd where id = 1`,
  )
  const notes = await scene.within((workspace) =>
    restoreBeside(workspace, { source: file }, `${scene.database.name}_b`, scene.events, undefined).then(
      (beside) => beside.notes,
    ),
  )
  await scene.sql(`drop database ${scene.database.name}_b`)
  expect(notes).toContain(
    'whole.sql has no manifest: every statement that was run succeeded, and nothing else could be verified',
  )
  expect(notes).toContain('  public.users: 20 rows in the file')
  expect(notes.join('\n')).toMatch(/left out: owners, \d+ times/)
  const { losses } = await scene.restore({ source: file, tables: ['users', 'public.odd'] })
  expect(losses.map(({ pair, changed: n, deleted }) => [pair.live.name, n, deleted])).toEqual([
    ['users', 3, 0],
    ['odd', 0, 1],
  ])
  expect((await scene.restore({ source: file, tables: ['users', 'odd'] })).outcome.id).toBeNull()
})

test('a compressed one whose roles are not here, with CREATE DATABASE and \\connect, stays in the scratch database', async () => {
  const name = `${scene.database.name}_not_me`
  const nasty = await changed(
    'nasty.sql',
    (text) =>
      `create database ${name};\n\\connect ${name}\ncreate role nobody_here superuser;\n` +
      text.replaceAll('OWNER TO test_owner', 'OWNER TO nobody_here'),
  )
  await writeFile(`${nasty}.gz`, gzipSync(await readFile(nasty)))
  expect((await scene.restore({ source: `${nasty}.gz`, service: 'sales' })).outcome.id).toBeNull()
  const found = await scene.rows(
    `select datname from pg_database where datname = '${name}' union all select rolname from pg_roles where rolname = 'nobody_here'`,
  )
  expect(found).toEqual([])
})

test.each<[string, (text: string) => string, string, RegExp]>([
  ['cut.sql', (text) => text.slice(0, text.indexOf('user9@')), 'backup-corrupt', /ends in the middle/],
  [
    'tail.sql',
    (text) => text.slice(0, text.indexOf('ALTER TABLE ONLY')),
    'backup-corrupt',
    /ends in the middle/,
  ],
  [
    'shell.sql',
    (text) => `\\! touch /tmp/owned\n${text}`,
    'restore-refused',
    /line 1 of the file holds a command/,
  ],
  ['mid.sql', (text) => `select 1 \\gexec\n${text}`, 'restore-refused', /a command of psql in the middle/],
  [
    'broken.sql',
    (text) => text.replace('CREATE TABLE public.odd', 'CREATE TABEL public.odd'),
    'command-failed',
    /syntax error/,
  ],
])('%s is refused, and nothing is left', async (name, change, code, message) => {
  const path = await changed(name, change)
  const before = await scene.rows('select * from public.users order by id')
  const failure = await failureOf(scene.restore({ source: path }))
  expect(failure).toMatchObject({
    code,
    message: expect.stringMatching(message),
    state: { kind: 'untouched' },
  })
  expect(await scene.rows('select * from public.users order by id')).toEqual(before)
  expect(await scene.scratchDatabases()).toEqual([])
  expect((await scene.within(keptRestores)).filter(({ state }) => state === 'begun')).toEqual([])
})
