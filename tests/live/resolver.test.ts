import { afterEach, expect, test } from '@jest/globals'
import { createResolver, type Problem, type Resolver } from '../../src/resolver/index.ts'
import { rowsOf } from '../support/client.ts'
import { until } from '../support/process.ts'
import { phasesOf, planFor } from '../support/plan.ts'
import { problems as findings, run, undo } from '../support/run.ts'
import { Chain } from './journey.ts'
import { observedPool, sent, Service } from './service.ts'

const tables = 5

/** The mapping as it is before the plan has begun. */
function beforehand(chain: Chain): object {
  const names = chain.tables.map((name) => ({
    class: 'relation',
    schema: 'public',
    name,
    target: 'chain',
    service: 'chain',
    of: name,
    state: 'old',
  }))
  const services = { chain: { schema: 'chain', database: chain.database.name, searchPath: ['chain'] } }
  return { format: 1, plan: 'chain', hash: 'before', epoch: 0, services, names }
}

const open: AsyncDisposable[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]()
})

/** Waits until the resolver has heard where the tables are. */
async function heard(resolver: Resolver, state: string): Promise<void> {
  await until(() => resolver.locate('t1').state === state)
}

test('a service that uses the resolver sees no failed statement from plan to contract', async () => {
  const chain = await Chain.build(tables)
  open.push(chain)
  const plan = planFor(chain.url, { name: 'chain', services: { chain: ['t*'] } })
  const { contract } = phasesOf(plan)
  const told: Problem[] = []
  const resolver = await createResolver({
    snapshot: beforehand(chain),
    journal: { connection: chain.url, plan: 'chain' },
    // So long that only what is told can be in time.
    pollMs: 600_000,
    onProblem: (problem) => told.push(problem),
  })
  open.push(resolver)
  const pool = observedPool(chain.url)
  const service = new Service(resolver.wrap(pool), chain.ledger, { tables, clients: 5 })
  open.push({ [Symbol.asyncDispose]: () => service.stop().then(() => pool.end()) })
  await service.work()
  expect(resolver.table('t1')).toBe('public.t1')
  // The journal comes to be: nobody listens yet to a schema that was not there, but the channel was.
  await run(plan, [1])
  await heard(resolver, 'both')
  expect(resolver.table('t1')).toBe('public.t1')
  await service.work()

  await run(plan, [2])
  await heard(resolver, 'moved')
  expect(resolver.table('public.t1')).toBe('chain.t1')
  await service.work()
  await undo(plan, { phase: 2 })
  await heard(resolver, 'both')
  await service.work()
  await undo(plan, { to: 0 })
  await heard(resolver, 'old')
  await service.work()

  // Another run; the connection that hears of it is cut.
  await run(plan, [1])
  await heard(resolver, 'both')
  const cut = await rowsOf<{ pid: number }>(
    chain.url,
    `select pid, pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'pg-relocate resolver' and datname = current_database()`,
  )
  expect(cut).toHaveLength(1)
  await until(async () => {
    const now = await rowsOf<{ pid: number }>(
      chain.url,
      `select pid from pg_stat_activity where application_name = 'pg-relocate resolver' and datname = current_database()
          and query not like 'listen%'`,
    )
    return now.length === 1 && now[0]!.pid !== cut[0]!.pid
  })
  await run(plan, [2])
  await heard(resolver, 'moved')
  await service.work()
  const before = sent.length
  await service.work()
  expect(sent.slice(before).filter((text) => /\bpublic\.|(from|into|join|update) "?t\d/i.test(text))).toEqual(
    [],
  )

  await run(plan, [contract])
  await heard(resolver, 'new')
  await service.work()
  await service.stop()
  expect(service.failures).toEqual([])
  expect(told.filter(({ kind }) => kind !== 'replanned')).toEqual([])
  expect(await chain.check('chain')).toMatchObject({ isComplete: true, complaints: [], unknown: 0 })
  expect(await findings(plan)).toEqual([])
  expect(
    await rowsOf(chain.url, `select relname from pg_class where relnamespace = 'public'::regnamespace`),
  ).toEqual([])
})
