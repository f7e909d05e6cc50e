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
