import { afterAll, beforeAll, expect, jest } from '@jest/globals'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listBackups } from '../../src/backup/manifest.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { samplePlan } from '../support/sample.ts'
import { RunnerPool } from './runner-process.ts'
import { Scene } from './scene.ts'

jest.setTimeout(process.env['SOAK'] ? 600_000 : 300_000)

const command = { execute: [2] }
let pool: RunnerPool
let folder: string

beforeAll(async () => {
  pool = new RunnerPool()
  folder = await mkdtemp(join(tmpdir(), 'crash-backup-'))
})

afterAll(async () => {
  await pool[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('with backups: a runner killed while and around them goes on, and leaves no half of one', async () => {
  const sketch = { ...samplePlan, defaults: { backup: 'each-phase', backupDir: folder } }
  await using scene = await Scene.after([1], sketch)
  const end = await scene.undisturbed(command)
  const { signatures } = await scene.measure(pool, command)
  const around = signatures.flatMap((signature, index) =>
    index > 0 && /backup|progress/.test(`${signature} ${signatures[index - 1]}`) ? [index + 1] : [],
  )
  expect(around.length).toBeGreaterThan(2)
  for (const number of around.slice(0, process.env['SOAK'] ? undefined : 6)) {
    await scene.killAndGoOn(pool, command, { at: 'event', number }, [{ commands: [command], end }])
    expect((await readdir(join(folder, 'shop'))).filter((name) => name.startsWith('.partial'))).toEqual([])
  }
  expect((await listBackups(folder, 'shop')).unreadable).toEqual([])
})
