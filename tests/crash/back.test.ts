import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { killEverywhere } from './every.ts'
import { RunnerPool } from './runner-process.ts'
import { Scene } from './scene.ts'

jest.setTimeout(process.env['SOAK'] ? 3_600_000 : 300_000)

let pool: RunnerPool

beforeAll(() => {
  pool = new RunnerPool()
})

afterAll(() => pool[Symbol.asyncDispose]())

const forward = { execute: [1, 2, 3] }
const back = { rollback: { to: 0 } }
const contract = { execute: [4] }

test('rollback, killed anywhere, goes on or goes forward again', async () => {
  await using scene = await Scene.after([1, 2, 3])
  const count = await killEverywhere(scene, pool, back, [
    { commands: [back], end: await scene.undisturbed(back) },
    { commands: [forward], end: await scene.undisturbed(back, forward) },
  ])
  expect(count).toBeGreaterThan(8)
})

test('contract, killed anywhere, goes on', async () => {
  await using scene = await Scene.after([1, 2, 3])
  const way = { commands: [contract], end: await scene.undisturbed(contract) }
  // It watches the old names for some seconds, in which many can be killed at once.
  const count = await killEverywhere(scene, pool, contract, [way], { together: 6 })
  expect(count).toBeGreaterThan(8)
})
