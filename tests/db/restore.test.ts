import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import type { Backup } from '../../src/backup/manifest.ts'
import { keptRestores, releaseKept, undoKept } from '../../src/engine/restore.ts'
import { restoreBeside } from '../../src/engine/prepare-restore.ts'
import { inDatabase } from '../../src/pg/target.ts'
import { rowsOf, sql } from '../support/client.ts'
import { dumpAll } from '../support/dump.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { failureOf, run, undo } from '../support/run.ts'
import { restoreScene, type RestoreScene } from './restore/scene.ts'

let scene: RestoreScene
let backup: Backup
let pristine: string

/** Structure and rows in order, but for the sequences, which a restore never sets back. */
async function state(url = scene.url): Promise<string> {
  return (await dumpAll(url))
    .replaceAll(/^SELECT pg_catalog\.setval.*$/gm, '')
    .replaceAll(/\n\n+/g, '\n')
    .replaceAll(/(^COPY .*;\n)([^]*?)(^\\\.$)/gm, (_all, head: string, rows: string, end: string) =>
      [head, ...rows.split('\n').sort(), end].join('\n'),
    )
}

const damage = `
  update public.users set note = 'damaged', email = 'x' || email where id in (3, 4);
  delete from public.orders where id <= 5;
  delete from public.events where user_id = 7;
  insert into public.users (email) values ('new@example.org');
  insert into public.orders (user_id, total) select 1, 99 from generate_series(1, 3);
  update public.events set at = '2025-11-11' where id = 1`

beforeAll(async () => {
  scene = await restoreScene('restore')
  await scene.sql('create table public.loose (n int, t text)')
  backup = await scene.take()
  pristine = await state()
})

afterAll(() => scene[Symbol.asyncDispose]())

describe('in place', () => {
  test('says what would be lost, puts the rows back, fires nothing, and undoes itself', async () => {
    await scene.sql(damage)
    const audit = await scene.rows('select * from public.audit order by id')
    const damaged = await state()
    const { losses, outcome } = await scene.restore({ source: backup.path })
    expect(
      losses.map(({ pair, added, deleted, changed }) => [pair.live.name, added, deleted, changed]).sort(),
    ).toEqual([
      ['events', 1, 6, 0],
      ['orders', 3, 5, 0],
      ['users', 1, 0, 2],
    ])
    expect(await scene.rows('select * from public.audit order by id')).toEqual(audit)
    const restored = await state()
    expect(withoutAudit(withoutKept(restored))).toBe(withoutAudit(pristine))
    const [number] = await scene.rows<{ n: string }>(`select nextval('public.users_id_seq') as n`)
    expect(Number(number!.n)).toBeGreaterThan(21)

    await scene.within((workspace) => undoKept(workspace, outcome.id!, scene.options))
    expect(withoutKept(await state())).toBe(damaged)
    await scene.within((workspace) => releaseKept(workspace, outcome.id!, scene.options))
    expect(await state()).toBe(damaged)
    expect(await scene.within(keptRestores)).toEqual([])
  })

  test('what others changed since is counted, and the undo leaves everything as it is', async () => {
    const { outcome } = await scene.restore({ source: backup.path })
    await scene.sql(`update public.users set note = 'mine' where id = 3;
                     insert into public.users (id, email) overriding system value values (21, 'again@example.org')`)
    const before = await state()
    const failure = await failureOf(
      scene.within((workspace) => undoKept(workspace, outcome.id!, scene.options)),
    )
    expect(failure).toMatchObject({ code: 'restore-refused', state: { kind: 'rolled-back' } })
    expect([failure.message, ...failure.detail].join('\n')).toMatch(
      /public\.users: 1 of the restored rows were changed or deleted since[^]*1 keys of old rows were taken/,
    )
    expect(await state()).toBe(before)
    const [kept] = await scene.within(keptRestores)
    expect(kept).toMatchObject({ id: outcome.id, state: 'kept' })
    expect(kept!.bytes).toBeGreaterThan(0)
    await scene.within((workspace) => releaseKept(workspace, outcome.id!, scene.options))
    await scene.restore({ source: backup.path })
  })

  test('one table whose rows others refer to is not torn out: the broken keys are told and nothing changes', async () => {
    await scene.sql(`insert into public.users (email) values ('late@example.org');
                     insert into public.orders (user_id, total) select id, 1 from public.users where email like 'late%'`)
    const before = await state()
    const failure = await failureOf(scene.restore({ source: backup.path, tables: ['users'] }))
    expect(failure).toMatchObject({
      code: 'restore-refused',
      message: expect.stringContaining(
        '1 rows of public.orders refer to rows that public.users would not have',
      ),
      state: { kind: 'rolled-back' },
    })
    expect(await state()).toBe(before)
    await scene.restore({ source: backup.path, service: 'sales' })
    const { outcome } = await scene.restore({ source: backup.path, service: 'accounts' })
    expect(outcome.tables.map(({ name }) => name)).toEqual(['public.users'])
    expect((await scene.restore({ source: backup.path })).outcome.id).toBeNull()
  })

  test('writes that come while the question is asked are found under the lock', async () => {
    await scene.sql(`delete from public.orders where id = 9`)
    const { losses, outcome } = await scene.restore({ source: backup.path, tables: ['public.orders'] }, () =>
      scene.sql(`delete from public.orders where id = 10`),
    )
    expect(losses.map(({ deleted }) => deleted)).toEqual([1])
    expect(outcome.tables.map(({ deleted }) => deleted)).toEqual([2])
  })

  test('columns that came since keep their values; those that are gone are named', async () => {
    await scene.sql(`alter table public.users add flag text default 'fresh';
                     update public.users set flag = 'kept', note = 'x' where id = 5`)
    const { losses } = await scene.restore({ source: backup.path })
    expect(losses.find(({ pair }) => pair.live.name === 'users')?.pair.added).toEqual(['flag'])
    expect(await scene.rows('select note, flag from public.users where id = 5')).toEqual([
      { note: '5', flag: 'kept' },
    ])
    await scene.sql('alter table public.users rename note to remark; alter table public.users drop flag')
    expect(await failureOf(scene.restore({ source: backup.path }))).toMatchObject({
      code: 'restore-refused',
      message: expect.stringContaining('column note of public.users is gone'),
      state: { kind: 'untouched' },
    })
    await scene.sql('alter table public.users rename remark to note')
  })

  test('a table that was dropped is made again with all that belongs to it', async () => {
    const foreign = `select conrelid::regclass::text as "on", conname, pg_get_constraintdef(oid) as is from pg_constraint
                      where connamespace = 'public'::regnamespace order by 1, 2`
    const keys = await scene.rows(foreign)
    await scene.sql('drop table public.users cascade')
    const { outcome } = await scene.restore({ source: backup.path })
    expect(outcome.made).toEqual(['public.users'])
    expect(await scene.rows(foreign)).toEqual(keys)
    const [count] = await scene.rows<{ n: number }>('select count(*)::int as n from public.users')
    expect(count!.n).toBe(20)
  })
})

test('tables that a run has moved since are found where they are, under both names', async () => {
  await using moved = await restoreScene('restore_moved')
  await run(moved.plan, [1])
  const { path } = await moved.take({ kind: 'service', service: 'accounts' })
  await run(moved.plan, [2])
  await moved.sql(`update public.users set note = 'damaged'`)
  const { losses, outcome } = await moved.restore({ source: path })
  expect(losses.map(({ pair, changed }) => [pair.live.schema, changed])).toEqual([['accounts', 20]])
  expect(await moved.rows(`select count(*)::int as n from public.users where note <> 'damaged'`)).toEqual([
    { n: 20 },
  ])
  await moved.within((workspace) => undoKept(workspace, outcome.id!, moved.options))
  await undo(moved.plan, { to: 0 })
  expect(await moved.rows(`select count(*)::int as n from public.users where note = 'damaged'`)).toEqual([
    { n: 20 },
  ])
})

test('into a database of its own, which must not exist', async () => {
  const name = `${scene.database.name}_copy`
  const beside = (): Promise<unknown> =>
    scene.within((workspace) =>
      restoreBeside(workspace, { source: backup.path }, name, scene.events, undefined),
    )
  await beside()
  const { url } = inDatabase({ alias: 'copy', url: scene.url }, name)
  try {
    expect(await rowsOf(url, 'select count(*)::int as n from public.orders')).toEqual([{ n: 50 }])
    expect(await failureOf(beside())).toMatchObject({ code: 'restore-refused' })
  } finally {
    await sql(scene.url, `drop database ${name} with (force)`)
  }
})

/** What a restore keeps is no part of the database's own state. */
function withoutKept(text: string): string {
  const parts = text.split(/(?=^--\n-- (?:Data for )?Name: )/m)
  return parts.filter((part) => !/Schema: migrate_kept;|Name: (?:SCHEMA )?migrate_kept;/.test(part)).join('')
}

function withoutAudit(text: string): string {
  return text.replaceAll(/^COPY public\.audit[^]*?^\\\.$/gm, '')
}
