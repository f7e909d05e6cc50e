import { expect } from '@jest/globals'
import { keptRestores, releaseKept, undoKept } from '../../src/engine/restore.ts'
import { dumpAll } from '../support/dump.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { sql } from '../support/client.ts'
import { failureOf } from '../support/run.ts'
import { restoreScene } from './restore/scene.ts'

/** Structure and rows, in order, without what a restore keeps. */
async function state(url: string): Promise<string> {
  const text = (await dumpAll(url))
    .replaceAll(/\n\n+/g, '\n')
    .replaceAll(/(^COPY .*;\n)([^]*?)(^\\\.$)/gm, (_all, head: string, rows: string, end: string) =>
      [head, ...rows.split('\n').sort(), end].join('\n'),
    )
  const parts = text.split(/(?=^--\n-- (?:Data for )?Name: )/m)
  return parts.filter((part) => !/Schema: migrate_kept;|Name: (?:SCHEMA )?migrate_kept;/.test(part)).join('')
}

test('dropped tables come back with indexes, partitions, triggers, keys, owners and privileges; the undo drops them', async () => {
  await using scene = await restoreScene('restore_gone')
  await sql(scene.url, 'drop view public.user_totals')
  const pristine = await state(scene.url)
  const { path } = await scene.take()
  await scene.sql('drop table public.users, public.orders, public.events cascade')
  const without = await state(scene.url)
  const { outcome } = await scene.restore({ source: path })
  expect([...outcome.made].sort()).toEqual(['public.events', 'public.orders', 'public.users'])
  expect(await state(scene.url)).toBe(pristine)
  await scene.within((workspace) => undoKept(workspace, outcome.id!, scene.options))
  expect(await state(scene.url)).toBe(without)
  await scene.within((workspace) => releaseKept(workspace, outcome.id!, scene.options))
})

test('a key that rows do not allow is told, and nothing has changed', async () => {
  await using scene = await restoreScene('restore_key')
  await sql(scene.url, 'drop view public.user_totals')
  const { path } = await scene.take()
  await scene.sql(
    `drop table public.users cascade; insert into public.orders (user_id, total) values (999, 1)`,
  )
  const without = await state(scene.url)
  expect(await failureOf(scene.restore({ source: path, tables: ['users'] }))).toMatchObject({
    code: 'restore-refused',
    message: expect.stringContaining('orders_user_id_fkey'),
    state: { kind: 'rolled-back', sentence: 'nothing was changed' },
  })
  expect(await state(scene.url)).toBe(without)
  expect(await scene.within(keptRestores)).toEqual([])
  const { outcome } = await scene.restore({ source: path })
  expect(outcome.tables).toContainEqual({ name: 'public.orders', added: 1, deleted: 0, changed: 0 })
  await scene.within((workspace) => undoKept(workspace, outcome.id!, scene.options))
  expect(await state(scene.url)).toBe(without)
})

test('a table without a key is put back as a bag of rows, and taken back', async () => {
  await using scene = await restoreScene('restore_bag', {
    services: { accounts: ['users'], heap: ['loose'] },
  })
  await scene.sql(`create table public.loose (n int, t text);
                   insert into public.loose select n % 3, null from generate_series(1, 9) n`)
  const pristine = await state(scene.url)
  const { path } = await scene.take({ kind: 'service', service: 'heap' })
  await scene.sql(`delete from public.loose where ctid in (select ctid from public.loose where n = 1 limit 2);
                   insert into public.loose select 2, null from generate_series(1, 4);
                   insert into public.loose values (9, 'x'), (9, 'x')`)
  const damaged = await state(scene.url)
  const { losses, outcome } = await scene.restore({ source: path })
  expect(losses).toMatchObject([{ added: 6, deleted: 2, changed: 0 }])
  expect(await state(scene.url)).toBe(pristine)
  await scene.within((workspace) => undoKept(workspace, outcome.id!, scene.options))
  expect(await state(scene.url)).toBe(damaged)
})
