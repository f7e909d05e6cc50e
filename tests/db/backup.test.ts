import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { takeBackup } from '../../src/backup/dump.ts'
import { listBackups, readBackup, type Backup } from '../../src/backup/manifest.ts'
import { findDumpTools } from '../../src/backup/tool.ts'
import { verifyBackup } from '../../src/backup/verify.ts'
import { measureContent } from '../../src/content/measure.ts'
import type { MigrateEvent } from '../../src/events/event.ts'
import { EventStream } from '../../src/events/stream.ts'
import type { QualifiedName } from '../../src/pg/quoting.ts'
import { readServer } from '../../src/pg/server.ts'
import { Session } from '../../src/pg/session.ts'
import { freshDatabase } from '../support/database.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { until } from '../support/process.ts'
import { names, shop, startWriters, tables, type Shop } from './backup/shop.ts'

const run = promisify(execFile)

let it: Shop

beforeAll(async () => {
  it = await shop()
})

afterAll(() => it[Symbol.asyncDispose]())

describe('a backup under writers', () => {
  let backup: Backup
  const events: MigrateEvent[] = []

  beforeAll(async () => {
    const stream = new EventStream()
    stream.on((event) => events.push(event))
    await using writers = startWriters(it.database.url, 3)
    await until(() => writers.written > 50)
    const before = writers.written
    backup = await takeBackup(await it.request(), stream)
    expect(writers.written).toBeGreaterThan(before)
  })

  test('is restored with the manifest’s commands to the rows and checksums of its snapshot', async () => {
    await using empty = await freshDatabase('restored')
    await restoreByHand(backup, empty.url)
    const restored = await measure(empty.url, backup.manifest.tables)
    expect(restored).toEqual(backup.manifest.tables.map(content))
    expect(restored.every(({ rows }) => rows > 0)).toBe(true)

    await using other = await Session.connect({ alias: 'restored', url: empty.url }, 'backup-test')
    const ties = (of: Session) =>
      of.query(
        `select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as definition
           from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2, 3`,
      )
    const without = (rows: object[]) => rows.filter((row) => !JSON.stringify(row).includes('regions'))
    expect(without(await ties(other))).toEqual(without(await ties(it.session)))
    const triggers = `select tgname from pg_trigger where not tgisinternal order by 1`
    expect(await other.query(triggers)).toEqual([{ tgname: 'stamp' }])
    // New rows are numbered after the old ones, whoever owns the sequence.
    await other.script(`insert into public.users (mood) values ('좋음');
                        insert into public."Mixed Case" (user_id) select max(id) from public.users;
                        insert into public."we*rd" default values`)
    // What is the tool's, and a key to a table without rows, would have stopped the restore.
    const own = 'belongs to the migration, not to the database'
    const unfilled = 'refers to public.regions, whose rows are not in this backup'
    expect(
      backup.manifest.omitted.map(({ archive, entry, reason }) => [archive, bare(entry), reason]).sort(),
    ).toEqual([
      ['data', 'COMMENT public CONSTRAINT users_region_fkey ON users', unfilled],
      ['data', 'FK CONSTRAINT public users users_region_fkey', unfilled],
      ['data', 'TRIGGER public users fence', own],
      ['schema.dump', 'EVENT TRIGGER - watch_ddl', own],
      ['schema.dump', 'TRIGGER public users fence', own],
      ['schema.dump', 'VIEW public telltale', own],
    ])
  })

  test('holds exactly the tables asked for, and nothing of the tool’s own', async () => {
    const { pgRestore } = await findDumpTools(14)
    const list = async (archive: string) =>
      (await run(pgRestore, ['--list', join(backup.path, archive)])).stdout
    const rows = [...(await list('data')).matchAll(/ TABLE DATA public (.*) \S+$/gm)].map(([, name]) => name)
    expect(rows.sort()).toEqual(names.filter((name) => name !== 'events').sort())
    expect(await list('schema.dump')).not.toMatch(/ migrate /)
    expect(await list('schema.dump')).toMatch(/ TABLE public regions /)
  })

  test('has a manifest that says of what, when and where it is', async () => {
    expect(backup.path).toMatch(/\/shop\/\d{8}_\d{6}-phase2$/)
    const server = await readServer(it.session)
    expect(await readBackup(backup.path)).toEqual(backup)
    expect(backup.manifest).toMatchObject({
      format: 1,
      plan: 'shop',
      scope: { kind: 'phase', number: 2, name: 'switch shop' },
      toolVersion: '0.0.0-test',
      server: {
        version: server.version,
        systemIdentifier: server.systemIdentifier,
        database: it.database.name,
        databaseOid: server.databaseOid,
        lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      },
      tables: tables.map((table) => expect.objectContaining(table)),
    })
    expect(backup.manifest.sequences.map(({ name }) => name)).toContain('detached_seq')
    expect(await verifyBackup(backup.path)).toEqual([])
    expect((await listBackups(it.directory, 'shop')).backups).toEqual([backup])
  })

  test('told its progress in tables', () => {
    const progress = events.filter((event) => event.type === 'progress')
    expect(progress.at(-1)).toMatchObject({ subject: 'checksums of phase 2', done: 9, total: 9 })
    expect(progress).toContainEqual(
      expect.objectContaining({ subject: 'backup of phase 2', done: 8, total: 8, unit: 'tables' }),
    )
  })
})

test('two backups within one second have folders of their own', async () => {
  const small = { planName: 'quick', tables: [{ schema: 'public', name: 'regions' }] }
  const paths = [await it.backUp(small), await it.backUp(small), await it.backUp(small)].map(
    ({ path }) => path,
  )
  expect(new Set(paths).size).toBe(3)
})

test('partitions that the caller did not know of come along', async () => {
  const { manifest } = await it.backUp({ planName: 'heirs', tables: [{ schema: 'public', name: 'events' }] })
  expect(manifest.tables.map(({ name }) => name)).toEqual(['events', 'events_2024', 'events_2025'])
})

test('a thousand tables are one backup', async () => {
  await using many = await freshDatabase('many')
  await using other = await Session.connect({ alias: 'many', url: many.url }, 'backup-test')
  const wanted = Array.from({ length: 1000 }, (_, n) => ({
    schema: 'public',
    name: `한국어로 된 긴 표 이름 ${n}`,
  }))
  for (let n = 0; n < wanted.length; n += 50) {
    const create = wanted
      .slice(n, n + 50)
      .map(({ name }) => `create table public."${name}" as select 1 as n;`)
    await other.script(create.join('\n'))
  }
  const server = await readServer(other)
  const { manifest } = await it.backUp({ planName: 'many', tables: wanted, target: other.target, server })
  expect(manifest.tables).toHaveLength(1000)
})

/** Does as the manifest says, and nothing else. */
async function restoreByHand(backup: Backup, url: string): Promise<void> {
  const tools = await findDumpTools((await readServer(it.session)).major)
  const PATH = `${join(tools.pgRestore, '..')}:${process.env['PATH']}`
  for (const command of backup.manifest.restore.commands) {
    await run('sh', ['-c', command], { cwd: backup.path, env: { ...process.env, PATH, TARGET: url } })
  }
}

async function measure(url: string, relations: readonly QualifiedName[]) {
  await using other = await Session.connect({ alias: 'restored', url }, 'backup-test')
  await other.script('begin isolation level repeatable read')
  return await measureContent(other, relations)
}

const content = ({ schema, name, rows, checksum }: Backup['manifest']['tables'][number]) => ({
  schema,
  name,
  rows,
  checksum,
})

/** An entry of an archive without its owner. */
const bare = (entry: string) => entry.replace(/ \S+$/, '')
