import { expect, test } from '@jest/globals'
import { connect, type TestClient } from '../support/client.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { eventsOf, problems, run } from '../support/run.ts'
import { sampleDatabase } from '../support/sample.ts'

// lock_timeout counts for each lock anew: with several tables held by others, only a limit on the whole keeps the stall short.
test('two tables held by two sessions: nobody waits long enough for a deadlock check, and both are named', async () => {
  await using database = await sampleDatabase('two_held')
  const plan = planFor(database.url, {
    services: { shop: ['users', 'orders', 'events'] },
    defaults: { stallBudget: '300ms' },
  })
  await run(plan, [1])
  const before = await dumpAll(database.url)
  const holders = [await holding('orders', 'first'), await holding('events', 'second')]
  await using client = await connect(database.url, 'in a hurry')
  // Its own check for a deadlock comes after a second; a statement that is cancelled earlier was not stalled for one.
  await client.query(`set statement_timeout = '900ms'`)
  let retries = 0
  const switching = run(plan, [2], { on: ({ type }) => (retries += type === 'action:retry' ? 1 : 0) })
  while (retries < 6)
    await client.query('select count(*) from public.users; select count(*) from public.orders')
  expect(await dumpAll(database.url)).toBe(before)
  await Promise.all(holders.map((holder) => holder.query('commit')))
  const { events } = await switching
  const named = eventsOf(events, 'action:retry')
    .flatMap(({ blockers }) => blockers)
    .join('\n')
  for (const holder of holders) expect(named).toContain(`pid ${holder.pid}`)
  expect(await problems(plan)).toEqual([])
  await Promise.all(holders.map((holder) => holder.end()))

  async function holding(table: string, name: string): Promise<TestClient> {
    const holder = await connect(database.url, name)
    await holder.query(`begin; select from public.${table}`)
    await until(
      async () =>
        (await holder.value(`select count(*)::int from pg_locks where pid = pg_backend_pid()`)) !== 0,
    )
    return holder
  }
})
