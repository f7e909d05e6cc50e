import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backup, Manifest } from '../../src/backup/manifest.ts'
import { drill } from '../../src/engine/drill.ts'
import { readDrills } from '../../src/journal/drills.ts'
import { openScratch } from '../../src/restore/scratch.ts'
import { sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { failureOf, run, statusOf } from '../support/run.ts'
import { putManifest } from './backup/manifest.ts'
import { restoreScene, type RestoreScene } from './restore/scene.ts'

let scene: RestoreScene
let backup: Backup

beforeAll(async () => {
  scene = await restoreScene('drill')
  backup = await scene.take()
})

afterAll(() => scene[Symbol.asyncDispose]())

async function copy(name: string): Promise<string> {
  const path = join(scene.directory, name)
  await cp(backup.path, path, { recursive: true })
  return path
}

async function rewrite(path: string, change: (manifest: Manifest) => Manifest): Promise<void> {
  const file = join(path, 'manifest.json')
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest
  await putManifest(path, JSON.stringify(change(manifest)))
}

const wrongRows = (manifest: Manifest): Manifest => ({
  ...manifest,
  tables: manifest.tables.map((table) =>
    table.name === 'users' ? { ...table, rows: table.rows + 1 } : table,
  ),
})

describe('a drill', () => {
  test('works without a journal, drops its database, and names what is different', async () => {
    const outcome = await scene.drill(backup.path)
    expect(outcome).toMatchObject({ ok: true, isRecorded: false })
    expect(outcome.tables.map(({ isSame }) => isSame)).toEqual(backup.manifest.tables.map(() => true))
    const path = await copy('wrong')
    await rewrite(path, wrongRows)
    const failed = await scene.drill(path)
    expect(failed.ok).toBe(false)
    expect(failed.tables.filter(({ isSame }) => !isSame).map(({ table }) => table.name)).toEqual(['users'])
    expect(await scene.scratchDatabases()).toEqual([])
  })

  test('a changed file, a missing one and a backup of a later pg_dump are each found and said', async () => {
    const [data] = backup.manifest.files.filter(({ path }) => path.endsWith('.dat.gz'))
    const changed = await copy('changed')
    await appendFile(join(changed, data!.path), 'x')
    expect(await failureOf(scene.drill(changed))).toMatchObject({
      code: 'backup-corrupt',
      message: expect.stringContaining(`${data!.path} has`),
    })
    const missing = await copy('missing')
    await rm(join(missing, 'schema.dump'))
    expect(await failureOf(scene.drill(missing))).toMatchObject({
      code: 'backup-corrupt',
      message: expect.stringContaining('schema.dump is missing'),
    })
    const edited = await copy('edited')
    const text = await readFile(join(edited, 'manifest.json'), 'utf8')
    await writeFile(join(edited, 'manifest.json'), text.replace('"rows": 20', '"rows": 21'))
    expect(await failureOf(scene.drill(edited))).toMatchObject({
      code: 'backup-corrupt',
      message: expect.stringContaining('manifest.json is not what manifest.sha256 says'),
    })
    await rewrite(edited, (manifest) => ({ ...manifest, tables: [] }))
    expect(await failureOf(scene.drill(edited))).toMatchObject({
      code: 'backup-corrupt',
      message: expect.stringContaining('holds no tables'),
    })
    const later = await copy('later')
    await rewrite(later, (manifest) => ({ ...manifest, pgDumpVersion: '99.1' }))
    expect(await failureOf(scene.drill(later))).toMatchObject({
      code: 'tool-missing',
      message: 'no pg_restore here reads a backup of pg_dump 99.1',
    })
    expect(await scene.scratchDatabases()).toEqual([])
  })

  test('drops what a killed one has left, and not the database of one that is at work', async () => {
    const left = 'pg_relocate_scratch_0123456789ab'
    await sql(scene.url, `create database ${left}`)
    const { server } = await scene.within((workspace) => Promise.resolve(workspace))
    await using working = await openScratch({ alias: 'db', url: scene.url }, server, 'shop')
    const others = await scene.rows(`select datname from pg_database where datname = '${left}'`)
    expect(others).toEqual([])
    expect((await scene.drill(backup.path)).ok).toBe(true)
    expect(await scene.scratchDatabases()).toEqual([])
    expect(await scene.rows(`select 1 as one from pg_database where datname = '${working.name}'`)).toEqual([
      { one: 1 },
    ])
  })

  test('into a database that somebody names, which must be empty', async () => {
    await using named = await freshDatabase('drill_named')
    const options = { scratch: { alias: 'scratch', url: named.url } }
    const into = () => scene.within((workspace) => drill(workspace, backup.path, scene.events, options))
    expect((await into()).ok).toBe(true)
    expect(await failureOf(into())).toMatchObject({
      code: 'restore-refused',
      message: expect.stringContaining('is not empty'),
    })
  })

  test('a role that may not create databases is told, with the way round', async () => {
    const role = `drill_${scene.database.name}`
    await sql(
      scene.url,
      `create role ${role} login; grant execute on function pg_control_system() to ${role}`,
    )
    try {
      const url = new URL(scene.url)
      url.username = role
      const plan = { ...scene.plan, databases: { db: { ...scene.plan.databases['db']!, url: url.href } } }
      expect(await failureOf(scene.drill(backup.path, plan))).toMatchObject({
        code: 'privilege-missing',
        next: expect.arrayContaining([`alter role ${role} createdb`, expect.stringContaining('--scratch')]),
      })
    } finally {
      await sql(scene.url, `drop owned by ${role}; drop role ${role}`)
    }
  })
})

test('a switch waits for a passed drill of the newest backup of its tables', async () => {
  await using gated = await restoreScene('drill_gate', {
    defaults: { backup: 'first-phase' },
    backups: { drill: 'before-switch' },
  })
  await run(gated.plan, [1])
  const newest = await gated.take()
  const good = await readFile(join(newest.path, 'manifest.json'), 'utf8')
  await rewrite(newest.path, wrongRows)
  expect(await failureOf(run(gated.plan, [2]))).toMatchObject({
    code: 'backup-mismatch',
    detail: [expect.stringContaining('public.users')],
  })
  expect((await statusOf(gated.plan)).outcomes.phases[1]?.state).not.toBe('done')
  expect(await gated.rows(`select relkind from pg_class where oid = 'public.users'::regclass`)).toEqual([
    { relkind: 'r' },
  ])
  await putManifest(newest.path, good)
  await run(gated.plan, [2])
  expect(await gated.rows(`select relkind from pg_class where oid = 'public.users'::regclass`)).toEqual([
    { relkind: 'v' },
  ])
  const drills = await gated.within(({ session }) => readDrills(session, 'shop'))
  expect([...drills.values()]).toMatchObject([{ path: newest.path, ok: true, tables: 5 }])
})

test('a drill for each phase is one of the backup that the phase has just taken', async () => {
  await using each = await restoreScene('drill_each', { backups: { drill: 'each-phase' } })
  const { events } = await run(each.plan, [1, 2])
  const steps = events.flatMap((event) => (event.type === 'step:end' ? [`${event.phase} ${event.step}`] : []))
  expect(steps.filter((step) => /backup|drill/.test(step))).toEqual([
    '1 backup',
    '1 drill',
    '2 backup',
    '2 drill',
  ])
  const drills = await each.within(({ session }) => readDrills(session, 'shop'))
  expect([...drills.values()].map(({ ok, tables }) => [ok, tables]).sort()).toEqual([
    [true, 1],
    [true, 5],
  ])
})
