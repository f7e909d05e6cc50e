import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { Plan } from '../../src/plan/plan.ts'
import { connect, type TestClient } from '../support/client.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { eventsOf, run, statusOf } from '../support/run.ts'
import { samplePlan } from '../support/sample.ts'
import { RunnerPool, type RunnerProcess } from './runner-process.ts'
import { Scene } from './scene.ts'

jest.setTimeout(process.env['SOAK'] ? 3_600_000 : 300_000)

const forMs = 1500
const command = { scream: { forMs } }
const back = { rollback: { phase: 3 } }

let pool: RunnerPool
let scene: Scene

beforeAll(async () => {
  pool = new RunnerPool()
  scene = await Scene.after([1, 2, 3])
})

afterAll(async () => {
  await pool[Symbol.asyncDispose]()
  await scene[Symbol.asyncDispose]()
})

async function acls(client: TestClient): Promise<(string | null)[]> {
  const rows = await client.rows<{ acl: string | null }>(
    `(select relacl::text as acl from pg_class where oid in ('public.users'::regclass, 'public.orders'::regclass, 'public.events'::regclass) order by relname)
     union all (select attacl::text from pg_attribute where attrelid = 'public.users'::regclass and attnum > 0 order by attnum)`,
  )
  return rows.map(({ acl }) => acl)
}

/** A runner that is in the middle of its scream. */
async function screaming(client: TestClient, url: string, ms: number): Promise<RunnerProcess> {
  const runner = await pool.start({ url, sketch: samplePlan, command: { scream: { forMs: ms } } })
  await until(async () => (await acls(client)).every((acl) => acl === null || acl === '{}'))
  return runner
}

async function endGuard(client: TestClient): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'migrate/shop/guard' and datname = current_database()`,
  )
}

function givenBack(told: { events: Parameters<typeof eventsOf>[0] }): string[] {
  return eventsOf(told.events, 'notice').flatMap(({ text }) => (text.startsWith('gave back') ? [text] : []))
}

test('a runner killed in the middle: the server itself gives back when the time is over', async () => {
  await using database = await scene.copy()
  await using client = await connect(database.url)
  const before = await acls(client)
  await using runner = await screaming(client, database.url, forMs)
  runner.signal('SIGKILL')
  await runner.end()
  await until(async () => JSON.stringify(await acls(client)) === JSON.stringify(before))
  expect(await client.value(`select string_agg(distinct given_back_by, ',') from migrate.screams`)).toBe(
    'guard',
  )
  expect(givenBack(await statusOf(planFor(database.url, samplePlan)))).toEqual([])
})

test('runner and guard killed: the next command gives back before anything else, and says so', async () => {
  await using database = await scene.copy()
  await using client = await connect(database.url)
  const plan: Plan = planFor(database.url, samplePlan)
  const before = await acls(client)
  for (const again of [statusOf, (it: Plan) => run(it, [1, 2])]) {
    await using runner = await screaming(client, database.url, 600_000)
    runner.signal('SIGKILL')
    await runner.end()
    await endGuard(client)
    await until(() =>
      client.value<boolean>(`select not exists (select from pg_locks where locktype = 'advisory')`),
    )
    expect(givenBack(await again(plan)).length).toBeGreaterThanOrEqual(3)
    expect(await acls(client)).toEqual(before)
  }
})

test('killed anywhere, nothing is left of it after the next command', async () => {
  const ways = [{ commands: [back], end: await scene.undisturbed(back) }]
  const { writes } = await scene.measure(pool, command)
  for (let number = 3; number <= writes; number += process.env['SOAK'] ? 1 : 9)
    await scene.killAndGoOn(pool, command, { at: number % 2 === 0 ? 'before' : 'after', number }, ways)
})
