import { afterAll, beforeAll, expect } from '@jest/globals'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Backup } from '../../src/backup/manifest.ts'
import { newestBackups } from '../../src/engine/newest.ts'
import { withRestored } from '../../src/engine/prepare-restore.ts'
import { prune } from '../../src/engine/prune.ts'
import { installJournal } from '../../src/journal/install.ts'
import { recordDrill } from '../../src/journal/drills.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { failureOf } from '../support/run.ts'
import { restoreScene, type RestoreScene } from './restore/scene.ts'

let one: RestoreScene
let other: RestoreScene
const taken: Backup[] = []
const accounts = { kind: 'service', service: 'accounts' } as const

/** Two databases whose plans have one name and one folder. */
beforeAll(async () => {
  one = await restoreScene('shared_one')
  other = await restoreScene('shared_other', { defaults: { backupDir: one.directory } })
  for (let n = 0; n < 3; n++) taken.push(await one.take(accounts))
  for (let n = 0; n < 2; n++) taken.push(await other.take(accounts))
})

afterAll(async () => {
  await one[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

test('a drill takes the newest of its own database, of a service, or of each scope', async () => {
  const newest = (scene: RestoreScene, choice = {}) =>
    scene.within((workspace) => newestBackups(workspace, choice))
  expect(await newest(one)).toEqual([taken[2]!.path])
  expect(await newest(other, { service: 'accounts' })).toEqual([taken[4]!.path])
  expect(await failureOf(newest(one, { service: 'sales' }))).toMatchObject({
    code: 'usage-invalid',
    message: expect.stringContaining('no backup of service "sales"'),
  })
  const sales = await one.take({ kind: 'service', service: 'sales' })
  expect(await newest(one, { all: true })).toEqual([sales.path, taken[2]!.path])
})

test('a restore of a backup of another database says so before anything is asked', async () => {
  const notes = (scene: RestoreScene) =>
    scene.within((workspace) =>
      withRestored(workspace, { source: taken[0]!.path }, scene.events, undefined, (prepared) =>
        Promise.resolve(prepared.notes),
      ),
    )
  expect(await notes(one)).toEqual([])
  expect(await notes(other)).toEqual([expect.stringContaining(`ANOTHER DATABASE: "${one.database.name}"`)])
})

test('prune counts each database by itself, and a backup whose drill failed is no good one', async () => {
  const judged = (): Promise<string[][]> =>
    one.within(async (workspace) => {
      const { verdicts } = await prune(workspace, { keep: 1, maxAgeMs: undefined }, true)
      return verdicts.map(({ backup, isRemoved, reason }) => [
        basename(backup.path),
        isRemoved ? 'goes' : 'stays',
        reason,
      ])
    })
  const [first, second, third, fourth] = taken.map(({ path }) => basename(path))
  const beyond = [
    [second, 'goes', '1 newer ones of its scope'],
    [first, 'goes', '2 newer ones of its scope'],
    [fourth, 'goes', '1 newer ones of its scope'],
  ]
  expect((await judged()).sort()).toEqual([...beyond].sort())
  await one.within(async ({ session }) => {
    await installJournal(session)
    const outcome = { tables: 1, detail: [] }
    await recordDrill(session, 'shop', third!, { ...outcome, ok: false })
    await recordDrill(session, 'shop', first!, { ...outcome, ok: true })
  })
  beyond[1] = [first, 'stays', 'the newest good one of its scope']
  expect((await judged()).sort()).toEqual([...beyond].sort())
})

test('prune removes what a killed backup has left, and a dry run does not', async () => {
  const { systemIdentifier } = await one.within(({ server }) => Promise.resolve(server))
  const left = join(one.directory, 'shop', `.partial-${systemIdentifier}-0badcafe-20200101_000000-all`)
  await mkdir(left)
  const pruned = (isDryRun: boolean) =>
    one.within((workspace) => prune(workspace, { keep: 9, maxAgeMs: undefined }, isDryRun))
  await pruned(true)
  expect(existsSync(left)).toBe(true)
  await pruned(false)
  expect(existsSync(left)).toBe(false)
})
