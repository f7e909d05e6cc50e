import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { appendFile, cp, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { connectDumper } from '../../src/backup/dumpers.ts'
import { decryptInto, withPlainFiles } from '../../src/backup/encrypted.ts'
import { fingerprint } from '../../src/backup/files.ts'
import { listBackups, readBackup, type Backup } from '../../src/backup/manifest.ts'
import { verifyBackup } from '../../src/backup/verify.ts'
import { prune } from '../../src/engine/prune.ts'
import { takeScheduled } from '../../src/engine/take-backup.ts'
import { Session } from '../../src/pg/session.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { planFor } from '../support/plan.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { failureOf, run } from '../support/run.ts'
import { putManifest } from './backup/manifest.ts'
import { restoreScene, type RestoreScene } from './restore/scene.ts'

let scene: RestoreScene

beforeAll(async () => {
  scene = await restoreScene('take')
})

afterAll(() => scene[Symbol.asyncDispose]())

const names = ({ manifest }: Backup): string[] => manifest.tables.map(({ name }) => name).sort()

test('a backup is of a phase, a service or everything, and two at once do not hurt each other', async () => {
  const [all, again, service, phase] = await Promise.all([
    scene.take(),
    scene.take(),
    scene.take({ kind: 'service', service: 'accounts' }),
    scene.take({ kind: 'phase', number: 3, name: 'switch sales' }),
  ])
  expect(names(all)).toEqual(['events', 'events_2024', 'events_2025', 'orders', 'users'])
  expect(names(again)).toEqual(names(all))
  expect(names(service)).toEqual(['users'])
  expect(names(phase)).toEqual(['events', 'events_2024', 'events_2025', 'orders'])
  expect([all, service, phase].map(({ path }) => basename(path).replace(/^\d+_\d+-/, ''))).toEqual(
    expect.arrayContaining(['service-accounts', 'phase3']),
  )
  expect(new Set([all.path, again.path]).size).toBe(2)
  for (const { path } of [all, again, service, phase]) expect(await verifyBackup(path)).toEqual([])
  expect((await readBackup(service.path)).manifest.scope).toEqual({ kind: 'service', service: 'accounts' })
})

describe('beside others', () => {
  test('an orphaned dump is ended and its folder removed; one that is being taken is left alone', async () => {
    const target = { alias: 'db', url: scene.url }
    const { systemIdentifier } = await scene.within(({ server }) => Promise.resolve(server))
    const { session, token, applicationName } = await connectDumper(target, 'shop', true)
    await using living = session
    await using orphan = await Session.connect(target, 'migrate/shop/take-0badcafe')
    for (const each of [living, orphan])
      await each.script('begin; lock table public.users in access share mode')
    const parent = join(scene.directory, 'shop')
    const folder = (owner: string): string => `.partial-${systemIdentifier}-${owner}-20200101_000000-all`
    for (const owner of [token, '0badcafe']) await mkdir(join(parent, folder(owner)), { recursive: true })
    await scene.take()
    const left = (await readdir(parent)).filter((name) => name.startsWith('.'))
    expect(left).toEqual([folder(token)])
    const sessions = await scene.rows(
      `select application_name as name from pg_stat_activity where application_name like 'migrate/shop/take-%'`,
    )
    expect(sessions).toEqual([{ name: applicationName }])
  })

  test('a switch does not begin while one holds its tables, and says so', async () => {
    await using other = await sampleDatabase('take_switch')
    const plan = planFor(other.url, samplePlan)
    await run(plan, [1])
    const { session } = await connectDumper({ alias: 'db', url: other.url }, 'shop', true)
    await using dumper = session
    await dumper.script('begin; lock table public.users in access share mode')
    const failure = await failureOf(run(plan, [2]))
    expect(failure).toMatchObject({ code: 'preflight-refused' })
    expect([failure.message, ...failure.detail].join('\n')).toMatch(/is a pg_dump/)
  })

  test('a table that stays locked is told, and not taken for a bug', async () => {
    await using blocker = await Session.connect({ alias: 'db', url: scene.url }, 'blocker')
    await blocker.script('begin; lock table public.orders in access exclusive mode')
    const failure = await failureOf(
      scene.within(async (workspace) => {
        await workspace.session.script(`set lock_timeout = '100ms'`)
        return takeScheduled(workspace, { kind: 'all' }, scene.events)
      }),
    )
    expect(failure).toMatchObject({ code: 'lock-timeout' })
  })
})

test('prune keeps the newest good one of a scope, what a run needs, and what it cannot read', async () => {
  await using other = await restoreScene('prune')
  const paths: string[] = []
  for (let n = 0; n < 3; n++) paths.push((await other.take()).path)
  const single = await other.take({ kind: 'service', service: 'accounts' })
  await run(other.plan, [1])
  const [ofRun] = (await listBackups(other.directory, 'shop')).backups
  const later = await other.take({ kind: 'phase', number: 1, name: 'expand' })
  await appendFile(join(paths[2]!, 'schema.dump'), 'x')
  await mkdir(join(other.directory, 'shop', 'strange'))
  const judged = (isDryRun: boolean) =>
    other.within((workspace) => prune(workspace, { keep: 1, maxAgeMs: undefined }, isDryRun))
  const dry = await judged(true)
  expect(
    dry.verdicts.map(({ backup, isRemoved, reason }) => [backup.path, isRemoved, reason]).sort(),
  ).toEqual(
    [
      [paths[1], false, 'the newest good one of its scope'],
      [paths[0], true, '2 newer ones of its scope'],
      [ofRun!.path, false, 'a run that stands may need it'],
    ].sort(),
  )
  expect(dry.verdicts.every(({ bytes }) => bytes > 0)).toBe(true)
  expect(dry.unreadable).toEqual([join(other.directory, 'shop', 'strange')])
  await judged(false)
  expect((await readdir(join(other.directory, 'shop'))).sort()).toEqual(
    [paths[1]!, paths[2]!, single.path, ofRun!.path, later.path]
      .map((path) => basename(path))
      .concat('strange')
      .sort(),
  )
})

describe('encrypted', () => {
  let plan: Plan
  let backup: Backup
  const keyed = (command: string): Plan => ({ ...plan, backups: { ...plan.backups, keyCommand: command } })

  beforeAll(async () => {
    plan = { ...scene.plan }
    backup = await scene.take({ kind: 'all' }, keyed('echo correct horse battery'))
  })

  /** The same backup in another place, for damage. */
  async function copy(name: string): Promise<string> {
    const path = join(scene.directory, name)
    await cp(backup.path, path, { recursive: true })
    return path
  }

  /** Damage that the manifest does not tell of, as somebody would do it who can write here. */
  async function cover(path: string): Promise<void> {
    const { manifest } = await readBackup(path)
    const files = []
    for (const file of manifest.files) {
      files.push(await fingerprint(path, file.path))
    }
    await putManifest(path, JSON.stringify({ ...manifest, files }))
  }

  test('no file is readable, verify needs no key, a drill with the key passes', async () => {
    expect(backup.manifest.files.every(({ path }) => path.endsWith('.enc'))).toBe(true)
    for (const { path } of backup.manifest.files) {
      expect((await readFile(join(backup.path, path), 'latin1')).includes('PGDMP')).toBe(false)
    }
    expect(await verifyBackup(backup.path)).toEqual([])
    expect(JSON.stringify(backup.manifest)).not.toContain('horse')
    const outcome = await scene.drill(backup.path, keyed('printf "correct horse battery"'))
    expect(outcome.ok).toBe(true)
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('pg-relocate-plain-'))).toEqual([])
  })

  test('a wrong key, none, and a command that fails each have their words', async () => {
    const failing = async (by: Plan) => failureOf(scene.drill(backup.path, by))
    expect(await failing(keyed('echo incorrect horse'))).toMatchObject({ code: 'key-wrong' })
    expect(await failing(plan)).toMatchObject({
      code: 'key-missing',
      message: expect.stringContaining('names no key'),
    })
    expect(await failing(keyed('echo secret; exit 3'))).toMatchObject({
      code: 'key-missing',
      message: 'backups.keyCommand ended with status 3',
    })
    expect(await failureOf(scene.take({ kind: 'all' }, keyed('true')))).toMatchObject({ code: 'key-missing' })
  })

  test('a file that was cut, changed, or put in the place of another does not decrypt', async () => {
    const rows = backup.manifest.files.filter(({ path }) => path.endsWith('.dat.gz.enc'))
    const damages: [string, (path: string) => Promise<void>][] = [
      ['cut', (path) => truncate(join(path, rows[0]!.path), rows[0]!.bytes - 1)],
      ['headless', (path) => truncate(join(path, rows[0]!.path), 24)],
      [
        'flipped',
        async (path) => {
          const bytes = await readFile(join(path, rows[0]!.path))
          bytes[30]! ^= 1
          await writeFile(join(path, rows[0]!.path), bytes)
        },
      ],
      ['swapped', (path) => cp(join(path, rows[1]!.path), join(path, rows[0]!.path))],
    ]
    for (const [name, damage] of damages) {
      const path = await copy(name)
      await damage(path)
      expect((await verifyBackup(path)).map(({ kind }) => kind)).toEqual(['changed'])
      await cover(path)
      const used = withPlainFiles(await readBackup(path), 'echo correct horse battery', () =>
        Promise.resolve('used'),
      )
      expect(await failureOf(used)).toMatchObject({
        code: 'backup-corrupt',
        message: expect.stringContaining('cannot be decrypted'),
      })
    }
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('pg-relocate-plain-'))).toEqual([])
  })

  test('decrypts into a folder for a restore by hand', async () => {
    const into = join(scene.directory, 'open')
    await mkdir(into, { mode: 0o700 })
    await decryptInto(backup, 'echo correct horse battery', into)
    expect((await readFile(join(into, 'schema.dump'), 'latin1')).startsWith('PGDMP')).toBe(true)
    expect(await readdir(into)).toEqual(expect.arrayContaining(['data', 'data.list', 'schema.list']))
  })
})
