import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import type { PlanSketch } from '../support/plan.ts'
import { killEverywhere } from './every.ts'
import { RunnerPool } from './runner-process.ts'
import { Scene } from './scene.ts'

jest.setTimeout(process.env['SOAK'] ? 3_600_000 : 300_000)

const role = 'crash_path'
let pool: RunnerPool

beforeAll(async () => {
  pool = new RunnerPool()
  await sharedCluster().sql(
    'postgres',
    `do $$ begin create role ${role}; exception when duplicate_object or unique_violation then null; end $$`,
  )
})

afterAll(() => pool[Symbol.asyncDispose]())

/** Beside the sample: a function, a procedure, a type, views of both kinds, and a table for a shell. */
const more = `
  create type mood as enum ('good', 'bad');
  create table queue (id serial primary key, feels mood default 'good');
  create function label(n integer) returns text language sql immutable as 'select ''no '' || n';
  create procedure tick() language plpgsql as 'begin null; end';
  revoke execute on procedure tick() from public;
  create materialized view counted as select state, count(*) as n from users group by state;`

/** Every policy that leaves something else than a view, and everything that is not a table. */
const sketch: PlanSketch = {
  services: {
    people: {
      tables: ['users', 'events'],
      views: ['user_totals', 'counted'],
      functions: ['label', 'tick'],
      types: ['mood'],
      compat: { events: 'search-path' },
    },
    trade: { tables: ['orders', 'queue'], compat: { orders: 'none', queue: 'shell' } },
  },
  phases: [{ name: 'all', switch: ['people', 'trade'] }],
  searchPath: { roles: [role] },
}

const [expand, switches, contract] = [{ execute: [1] }, { execute: [2] }, { execute: [3] }]
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
    { together: 6, about },
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
    { together: 4, about },
  )
  expect(count).toBeGreaterThan(3)
})
