import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { killEverywhere } from './every.ts'
import { RunnerPool } from './runner-process.ts'
import { Scene } from './scene.ts'

jest.setTimeout(process.env['SOAK'] ? 3_600_000 : 900_000)

let pool: RunnerPool

beforeAll(() => {
  pool = new RunnerPool()
})

afterAll(() => pool[Symbol.asyncDispose]())

const expand = { execute: [1] }
const switches = { execute: [2, 3] }
const back = { rollback: { to: 0 } }

test('expand, killed anywhere, goes on or goes back', async () => {
  await using scene = await Scene.after([])
  const count = await killEverywhere(scene, pool, expand, [
    { commands: [expand], end: await scene.undisturbed(expand) },
    { commands: [back], end: await scene.undisturbed(expand, back) },
  ])
  expect(count).toBeGreaterThan(8)
})

test('killed at every statement while it installs the journal, it installs it the next time', async () => {
  await using scene = await Scene.after([])
  const way = { commands: [expand], end: await scene.undisturbed(expand) }
  for (let number = 1; number <= 8; number += 2)
    await scene.killAndGoOn(pool, expand, { at: 'after', number }, [way])
})

test('switches, killed anywhere, go on or go back', async () => {
  await using scene = await Scene.after([1])
  const count = await killEverywhere(scene, pool, switches, [
    { commands: [switches], end: await scene.undisturbed(switches) },
    { commands: [back], end: await scene.undisturbed(switches, back) },
  ])
  expect(count).toBeGreaterThan(8)
})
