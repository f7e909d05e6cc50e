import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals'
import { keptRestores, undoKept } from '../../src/engine/restore.ts'
import { contentOfAbsent } from '../../src/restore/absent.ts'
import { beginKept, prepareKept } from '../../src/restore/kept.ts'
import { Session } from '../../src/pg/session.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { failureOf } from '../support/run.ts'
import { restoreScene, type RestoreScene } from './restore/scene.ts'

let scene: RestoreScene
let path: string
let pristine: object[]

/** As a runner leaves it that was killed when pg_restore had made the table, and before its keys. */
async function killedWith(table: string | undefined): Promise<void> {
  await using session = await Session.connect({ alias: 'db', url: scene.url }, 'killed')
  await prepareKept(session)
  const absent = [{ schema: 'public', name: 'users' }]
  const content =
    table === undefined ? [] : await contentOfAbsent({ session }, [{ schema: 'public', name: table }])
  await beginKept(
    session,
    path,
    content.map(({ checksum }) => ({ table: absent[0]!, checksum })),
  )
}

const keys = (): Promise<object[]> =>
  scene.rows(`select conrelid::regclass::text as "on", conname, pg_get_constraintdef(oid) as is from pg_constraint
               where connamespace = 'public'::regnamespace order by 1, 2`)

beforeAll(async () => {
  scene = await restoreScene('restore_killed')
  await scene.sql('drop view public.user_totals')
  path = (await scene.take()).path
  pristine = await keys()
})

afterAll(() => scene[Symbol.asyncDispose]())

beforeEach(async () => {
  await scene.sql(`create table public.half as select * from public.users;
                   drop table public.users cascade; alter table public.half rename to users`)
  await killedWith('users')
})

test('the next restore drops what an interrupted one has made, and makes it anew with its keys', async () => {
  expect(await scene.within(keptRestores)).toMatchObject([{ state: 'begun' }])
  await scene.sql('delete from public.orders where id = 1')
  expect(await failureOf(scene.restore({ source: path, tables: ['orders'] }))).toMatchObject({
    code: 'restore-refused',
    message: expect.stringContaining('has made public.users'),
  })
  const { outcome } = await scene.restore({ source: path })
  expect(outcome.made).toEqual(['public.users'])
  expect(await keys()).toEqual(pristine)
  expect(await scene.within(keptRestores)).toMatchObject([{ id: outcome.id, state: 'kept' }])
  await scene.sql('drop schema migrate_kept cascade')
})

test('its undo drops the table, unless somebody has changed it', async () => {
  const id = (await scene.within(keptRestores))[0]!.id
  const undo = () => scene.within((workspace) => undoKept(workspace, id, scene.options))
  await scene.sql(`update public.users set note = 'mine' where id = 3`)
  expect(await failureOf(undo())).toMatchObject({ code: 'restore-refused', state: { kind: 'untouched' } })
  expect(await failureOf(scene.restore({ source: path }))).toMatchObject({ code: 'restore-refused' })
  await scene.sql(`update public.users set note = '3' where id = 3`)
  await undo()
  expect(
    await scene.rows(`select to_regclass('public.users') as it, to_regnamespace('migrate_kept') as kept`),
  ).toEqual([{ it: null, kept: null }])
  await killedWith(undefined)
  expect(await scene.within(keptRestores)).toEqual([])
  await scene.restore({ source: path })
  expect(await keys()).toEqual(pristine)
})
