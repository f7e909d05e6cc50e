import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { killEverywhere } from '../crash/every.ts'
import { more, pathRole, sketch } from '../crash/every-policy.ts'
import { RunnerPool } from '../crash/runner-process.ts'
import { Scene } from '../crash/scene.ts'

jest.setTimeout(process.env['SOAK'] ? 3_600_000 : 300_000)

let pool: RunnerPool

beforeAll(async () => {
  pool = new RunnerPool()
  await sharedCluster().sql(
    'postgres',
    `do $$ begin create role ${pathRole}; exception when duplicate_object or unique_violation then null; end $$`,
  )
})

afterAll(() => pool[Symbol.asyncDispose]())

const contract = { execute: [3] }

test('contract with every policy, killed anywhere, goes on or is undone', async () => {
  await using scene = await Scene.after([1, 2], sketch, more)
  const undo = { rollback: { to: 2 } }
  const count = await killEverywhere(
    scene,
    pool,
    contract,
    [
      { commands: [contract], end: await scene.undisturbed(contract) },
      { commands: [undo], end: await scene.undisturbed(contract, undo) },
    ],
    { together: 6 },
  )
  expect(count).toBeGreaterThan(3)
})

test('the undo of contract, killed anywhere, goes on or goes forward again', async () => {
  await using scene = await Scene.after([1, 2, 3], sketch, more)
  const undo = { rollback: { to: 2 } }
  const count = await killEverywhere(
    scene,
    pool,
    undo,
    [
      { commands: [undo], end: await scene.undisturbed(undo) },
      { commands: [contract], end: await scene.undisturbed(undo, contract) },
    ],
    { together: 4 },
  )
  expect(count).toBeGreaterThan(3)
})

const [expand, switches] = [{ execute: [1] }, { execute: [2] }]
const back = { rollback: { to: 0 } }
/** What the other crash tests do not have, where it hurts most: done, and not yet told. All of it under SOAK=1. */
const about = /^action:end.* (search|wrapper|functions|types|switch|contract|count)/

test('expand and switch with every policy, killed anywhere, go on or go back', async () => {
  await using scene = await Scene.after([], sketch, more)
  const both = { execute: [1, 2] }
  const count = await killEverywhere(
    scene,
    pool,
    both,
    [
      { commands: [both], end: await scene.undisturbed(expand, switches) },
      { commands: [back], end: await scene.undisturbed(both, back) },
    ],
    { about },
  )
  expect(count).toBeGreaterThan(6)
})
