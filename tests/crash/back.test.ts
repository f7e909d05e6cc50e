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

/** Bodies that contract rewrites, with what has its new name before and what gets it last. */
const functions = `
  create type public.mark as enum ('a', 'b');
  create sequence public.numbers;
  alter table public.users add number bigint default nextval('public.numbers');
  create function public.of_user(who integer) returns text language plpgsql as $$
    begin return (select email from users where id = who) || (select count(*) from public.orders where user_id = who); end $$;
  create procedure public.marked() language plpgsql as $$
    begin perform nextval('public.numbers'), 'a'::public.mark, (select count(*) from public.users); end $$;`
const withFunctions = {
  services: { accounts: { tables: ['users'], types: ['mark'] }, sales: ['orders', 'events'] },
}

test('contract, killed anywhere, goes on or goes back, with the text of functions', async () => {
  await using scene = await Scene.after([1, 2, 3], withFunctions, functions)
  const undone = { rollback: { phase: 4 } }
  // It watches the old names for some seconds, in which many can be killed at once.
  const count = await killEverywhere(
    scene,
    pool,
    contract,
    [
      { commands: [contract], end: await scene.undisturbed(contract) },
      { commands: [undone], end: await scene.undisturbed(contract, undone) },
    ],
    { together: 6 },
  )
  expect(count).toBeGreaterThan(8)
})

test('contract’s undo, killed anywhere, goes on', async () => {
  await using scene = await Scene.after([1, 2, 3, 4], withFunctions, functions)
  const undone = { rollback: { phase: 4 } }
  const way = { commands: [undone], end: await scene.undisturbed(undone) }
  const about = /^(step:start|action:end).* (bodies|contract|sequences?|types)/
  expect(await killEverywhere(scene, pool, undone, [way], { about })).toBeGreaterThan(6)
})
