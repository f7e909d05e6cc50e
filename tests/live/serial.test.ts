import { expect, test } from '@jest/globals'
import { until } from '../support/process.ts'
import { planFor } from '../support/plan.ts'
import { eventsOf, problems, run, undo } from '../support/run.ts'
import { connect } from '../support/client.ts'
import { Chain, failuresOf } from './journey.ts'

const workload = new URL('./workloads/serial.ts', import.meta.url)

test('keys are given and asked for by old names all the while', async () => {
  await using chain = await Chain.build(5)
  const plan = planFor(chain.url, { name: 'chain', services: { chain: ['t*'] } })
  const options = { tables: chain.tables, patterns: ['currval'] }
  const load = await chain.load({ workload, options, clients: 4 })
  const busy = async (): Promise<void> => {
    const { statements } = await load.report()
    await until(async () => (await load.report()).statements > statements + 100)
  }
  for (const doing of [
    () => run(plan, [1]),
    () => run(plan, [2]),
    () => undo(plan, { phase: 2 }),
    () => run(plan, [2]),
  ]) {
    await busy()
    await doing()
  }
  await busy()
  expect(failuresOf(await load.stop())).toEqual([])
  expect(await problems(plan)).toEqual([])
})

test('clients that take their key before they insert are not in the way for ever, and none fails', async () => {
  await using chain = await Chain.build(3)
  const plan = planFor(chain.url, { name: 'chain', services: { chain: ['t*'] } })
  const options = { tables: chain.tables, patterns: ['hibernate'] }
  const load = await chain.load({ workload, options, clients: 6, thinkMs: 2 })
  await run(plan, [1])
  await run(plan, [2])
  await undo(plan, { phase: 2 })
  await run(plan, [2])
  expect(failuresOf(await load.stop())).toEqual([])
  expect(await problems(plan)).toEqual([])
})

test('a serial column has its sequence by the old name also while the switch waits for a long reader', async () => {
  await using chain = await Chain.build(2)
  const plan = planFor(chain.url, { name: 'chain', services: { chain: ['t*'] } })
  await run(plan, [1])
  await using reader = await connect(chain.url, 'long reader')
  await using asking = await connect(chain.url, 'asking')
  const answers = new Set<string | null>()
  let retries = 0
  await reader.query('begin; select count(*) from public.t1')
  const switching = run(plan, [2], { on: ({ type }) => (retries += type === 'action:retry' ? 1 : 0) })
  await until(async () => {
    answers.add(await asking.value(`select pg_get_serial_sequence('public.t1', 'id')`))
    return retries >= 6
  })
  await reader.query('commit')
  const { events } = await switching
  answers.add(await asking.value(`select pg_get_serial_sequence('public.t1', 'id')`))
  expect(eventsOf(events, 'action:retry').length).toBeGreaterThanOrEqual(6)
  expect([...answers]).toEqual(['public.t1_id_seq'])
})
