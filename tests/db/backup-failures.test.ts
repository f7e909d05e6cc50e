import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { takeBackup } from '../../src/backup/dump.ts'
import { listBackups, readBackup } from '../../src/backup/manifest.ts'
import { verifyBackup } from '../../src/backup/verify.ts'
import { EventStream } from '../../src/events/stream.ts'
import { readServer } from '../../src/pg/server.ts'
import { Session } from '../../src/pg/session.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { until } from '../support/process.ts'
import { shop, tables, type Shop } from './backup/shop.ts'

const run = promisify(execFile)

/** A disk that is full takes one of a few kilobytes, which only root can mount. */
const testWithMount = process.getuid?.() === 0 && process.platform === 'linux' ? test : test.skip

let it: Shop

beforeAll(async () => {
  it = await shop()
})

afterAll(() => it[Symbol.asyncDispose]())

describe('verifyBackup', () => {
  test('finds a changed, a missing and an extra file, and a manifest that is no longer one', async () => {
    const { path, manifest } = await it.backUp({ planName: 'damaged' })
    const [first, second] = manifest.files.filter((file) => file.path.endsWith('.dat.gz'))
    const schema = manifest.files.find((file) => file.path === 'schema.dump')
    await appendFile(join(path, first?.path ?? ''), 'x')
    await rm(join(path, second?.path ?? ''))
    await writeFile(join(path, 'schema.dump'), Buffer.alloc(schema?.bytes ?? 0))
    await writeFile(join(path, 'note.txt'), 'mine')
    const problems = await verifyBackup(path)
    expect(problems.map(({ kind, path: file }) => [kind, file]).sort()).toEqual(
      [
        ['changed', first?.path],
        ['changed', 'schema.dump'],
        ['extra', 'note.txt'],
        ['missing', second?.path],
      ].sort(),
    )
    expect(problems.map(({ sentence }) => sentence)).toContain('note.txt is not in the manifest')

    await writeFile(join(path, 'manifest.json'), '{"format": 2}')
    expect(await verifyBackup(path)).toMatchObject([{ kind: 'changed', path: 'manifest.json' }])
    expect(await listBackups(it.directory, 'damaged')).toEqual({ backups: [], unreadable: [path] })
    await expect(readBackup(path)).rejects.toMatchObject({ code: 'backup-corrupt' })
    await rm(join(path, 'manifest.json'))
    expect(await verifyBackup(path)).toMatchObject([{ kind: 'missing', path: 'manifest.json' }])
  })
})

describe('a backup that cannot be', () => {
  test('of a table that does not exist, or that is a view, says so and leaves nothing', async () => {
    const wrong = ['user', 'telltale'].map((name) => ({ schema: 'public', name }))
    await expect(it.backUp({ planName: 'wrong', tables: [...tables, ...wrong] })).rejects.toMatchObject({
      code: 'table-not-found',
      message: 'cannot back up: "public"."user" does not exist (did you mean "users"?)',
      detail: ['"public"."telltale" is a view: a dump would hold none of its rows'],
      state: { kind: 'untouched' },
    })
    expect(await readdir(join(it.directory, 'wrong'))).toEqual([])
  })

  test.each([
    ['pg_dump', 'regions', 2],
    ['its own session', 'users', 1],
  ])('is stopped while %s waits: all has ended and the folder is gone', async (_, table, sessions) => {
    await using blocker = await Session.connect(it.session.target, 'backup-test-blocker')
    await blocker.script(`begin; lock table public.${table} in access exclusive mode`)
    const stop = new AbortController()
    const backup = takeBackup(await it.request({ planName: 'stopped' }), new EventStream(), stop.signal)
    const outcome = backup.then(
      () => undefined,
      (error: unknown) => error,
    )
    await until(async () => (await waitingFor(table)) && (await dumpSessions('stopped')) === sessions)
    stop.abort()
    expect(await outcome).toMatchObject({ code: 'interrupted', state: { kind: 'resumable' } })
    expect(await readdir(join(it.directory, 'stopped'))).toEqual([])
    await until(async () => (await dumpSessions('stopped')) === 0)
  })

  test('a pg_dump that is killed leaves nothing, and no session', async () => {
    await using blocker = await Session.connect(it.session.target, 'backup-test-blocker')
    await blocker.script('begin; lock table public.regions in access exclusive mode')
    const outcome = it.backUp({ planName: 'slain' }).catch((error: unknown) => error)
    await until(async () => (await waitingFor('regions')) && (await dumpSessions('slain')) === 2)
    await it.session.query(
      `select pg_terminate_backend(l.pid) from pg_locks l where l.relation = 'public.regions'::regclass and not l.granted`,
    )
    expect(await outcome).toMatchObject({ code: 'command-failed', state: { kind: 'resumable' } })
    expect(await readdir(join(it.directory, 'slain'))).toEqual([])
    await until(async () => (await dumpSessions('slain')) === 0)
  })

  testWithMount('a full disk is told as one, and the half of a backup is removed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'backup-full-'))
    await run('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', directory])
    try {
      await expect(it.backUp({ planName: 'full', directory })).rejects.toMatchObject({
        code: 'disk-full',
        state: { kind: 'resumable' },
      })
      expect(await readdir(join(directory, 'full'))).toEqual([])
    } finally {
      await run('umount', [directory])
      await rm(directory, { recursive: true })
    }
  })

  test('fails as pg_dump does: status, last lines, and a command without the password', async () => {
    const role = `dumper_${it.database.name}`
    await it.session
      .script(`create role ${role} login password 'hush-hush'; grant usage on schema public to ${role};
                          grant select on all tables in schema public to ${role};
                          revoke select on public.regions from ${role}`)
    try {
      const url = new URL(it.database.url)
      url.username = role
      url.password = 'hush-hush'
      const target = { alias: 'test', url: url.href }
      const failure = await it.backUp({ planName: 'failing', target }).catch((error: unknown) => error)
      expect(failure).toMatchObject({
        code: 'command-failed',
        message: expect.stringContaining('pg_dump failed: '),
        state: { kind: 'resumable' },
      })
      const said = JSON.stringify(failure)
      expect(said).toContain('permission denied')
      expect(said).toContain('ended with status 1')
      expect(said).not.toContain('hush-hush')
      await it.session.script(`revoke select on public.users from ${role}`)
      await expect(it.backUp({ planName: 'failing', target })).rejects.toMatchObject({
        code: 'privilege-missing',
        detail: ['error: permission denied for table users'],
      })
      expect(await readdir(join(it.directory, 'failing'))).toEqual([])
    } finally {
      await it.session.script(`drop owned by ${role}; drop role ${role}`)
    }
  })

  test('a killed backup’s leftovers are removed by the next of its phase, and are never listed', async () => {
    const parent = join(it.directory, 'killed')
    const { systemIdentifier } = await readServer(it.session)
    const left = `.partial-${systemIdentifier}-0badcafe-20200101_000000-phase2`
    const ofAnotherServer = '.partial-1-0badcafe-20200101_000000-phase2'
    for (const name of [left, ofAnotherServer]) await mkdir(join(parent, name, 'data'), { recursive: true })
    expect(await listBackups(it.directory, 'killed')).toEqual({ backups: [], unreadable: [] })
    await using orphan = await Session.connect(it.session.target, 'migrate/killed/backup-0badcafe')
    await orphan.script('begin; lock table public.users in access share mode')
    const { path } = await it.backUp({ planName: 'killed' })
    expect((await readdir(parent)).sort()).toEqual([ofAnotherServer, path.slice(parent.length + 1)])
    expect(await dumpSessions('killed')).toBe(0)
  })
})

async function dumpSessions(plan: string): Promise<number> {
  const { n } = await it.session.one<{ n: number }>(
    'select count(*)::int as n from pg_stat_activity where starts_with(application_name, $1)',
    [`migrate/${plan}/backup`],
  )
  return n
}

async function waitingFor(table: string): Promise<boolean> {
  const { n } = await it.session.one<{ n: number }>(
    'select count(*)::int as n from pg_locks where relation = $1::regclass and not granted',
    [`public.${table}`],
  )
  return n > 0
}
