import { afterAll, beforeAll, expect } from '@jest/globals'
import { releaseKept, undoKept } from '../../src/engine/restore.ts'
import { connect } from '../support/client.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { until } from '../support/process.ts'
import { failureOf } from '../support/run.ts'
import { restoreScene, type RestoreScene } from './restore/scene.ts'

let scene: RestoreScene

beforeAll(async () => {
  scene = await restoreScene('restore_turns', {
    services: { accounts: ['users'], buying: ['orders'], heap: ['loose'] },
  })
  await scene.sql(`create table public.loose (n int, t text);
                   insert into public.loose select n, null from generate_series(1, 9) n`)
})

afterAll(() => scene[Symbol.asyncDispose]())

/** Sessions of restores and undos that wait for a lock. */
async function waiting(count: number): Promise<void> {
  await until(async () => {
    const rows = await scene.rows(
      `select from pg_stat_activity
        where datname = current_database() and application_name = 'migrate/shop/test' and wait_event_type = 'Lock'`,
    )
    return rows.length >= count
  })
}

test('of two undos of one restore the second is told that it is undone; so is a release after a release', async () => {
  const { path } = await scene.take({ kind: 'service', service: 'heap' })
  await scene.sql('insert into public.loose values (10, null), (10, null)')
  const { outcome } = await scene.restore({ source: path })
  const undo = () => scene.within((workspace) => undoKept(workspace, outcome.id!, scene.options))
  await using holder = await connect(scene.url)
  await holder.query('begin; lock table public.loose in row exclusive mode')
  const both = Promise.allSettled([undo(), undo()])
  await waiting(2)
  await holder.query('rollback')
  const ends = await both
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: {
      code: 'usage-invalid',
      message: `restore ${outcome.id} is undone: there is nothing to take back`,
    },
  })
  expect(await scene.rows('select n from public.loose where n = 10')).toHaveLength(2)
  const release = () => scene.within((workspace) => releaseKept(workspace, outcome.id!, scene.options))
  const releases = await Promise.allSettled([release(), release()])
  expect(releases.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: { code: 'usage-invalid' } },
  ])
})

test('a parent that somebody is deleting is waited for: no orphan is put behind a foreign key', async () => {
  await scene.sql('insert into public.orders (user_id, total) values (1, 1)')
  const { path } = await scene.take({ kind: 'service', service: 'buying' })
  await scene.sql('delete from public.orders where user_id = 1; delete from public.events where user_id = 1')
  await using holder = await connect(scene.url)
  await holder.query('begin; delete from public.users where id = 1')
  const restoring = scene.restore({ source: path }).catch((error: unknown) => error)
  await waiting(1)
  await holder.query('commit')
  expect(await restoring).toMatchObject({
    code: 'restore-refused',
    message: expect.stringContaining('public.orders refer to rows that public.users would not have'),
    state: { kind: 'rolled-back' },
  })
  expect(await scene.rows('select from public.orders where user_id = 1')).toEqual([])
})

test('a sequence that a column of text owns is left alone', async () => {
  await scene.sql(`create sequence public.codes; alter table public.loose add code text default 'A' || nextval('public.codes');
                   alter sequence public.codes owned by public.loose.code`)
  const { path } = await scene.take({ kind: 'service', service: 'heap' })
  await scene.sql('delete from public.loose where n = 3')
  const { outcome } = await scene.restore({ source: path })
  expect(outcome.tables).toMatchObject([{ deleted: 1 }])
})

test('columns that came since in a table without a key: refused, since rows would lose their values', async () => {
  const { path } = await scene.take({ kind: 'service', service: 'heap' })
  await scene.sql(`alter table public.loose add late text default 'x'; delete from public.loose where n = 4`)
  expect(await failureOf(scene.restore({ source: path }))).toMatchObject({
    code: 'restore-refused',
    message: 'public.loose has no key, and columns that came since the backup: late',
    next: expect.arrayContaining([expect.stringContaining('--to-database')]),
  })
})

test('an undo that a foreign key forbids advises what an undo can do', async () => {
  const { path } = await scene.take({ kind: 'service', service: 'buying' })
  await scene.sql(`insert into public.users (id, email) values (900, 'late@example.org');
                   insert into public.orders (user_id, total) values (900, 1)`)
  const { outcome } = await scene.restore({ source: path })
  await scene.sql('delete from public.users where id = 900')
  const undone = scene.within((workspace) => undoKept(workspace, outcome.id!, scene.options))
  expect(await failureOf(undone)).toMatchObject({
    code: 'restore-refused',
    next: expect.arrayContaining([expect.stringContaining(`migrate restore --undo ${outcome.id}`)]),
  })
})
