import { expect, test } from '@jest/globals'
import { batchSize } from '../../src/movers/batches.ts'
import { manners } from '../../scripts/load/manner.ts'
import { until } from '../support/process.ts'
import { phasesOf, planFor } from '../support/plan.ts'
import { eventsOf, problems, run, undo } from '../support/run.ts'
import { Chain, failuresOf } from './journey.ts'
import type { Load } from '../../scripts/load/load.ts'

/** Waits until clients have done as much again. */
async function work(loads: readonly Load[], statements = 150): Promise<void> {
  for (const load of loads) {
    const before = (await load.report()).statements
    await until(async () => (await load.report()).statements >= before + statements)
  }
}

test.each([5, 25])('%i tables: there, back, there again and on, with no failed statement', async (count) => {
  await using chain = await Chain.build(count)
  const plan = planFor(chain.url, { name: 'chain', services: { chain: ['t*'] } })
  const { contract } = phasesOf(plan)
  const old = await chain.load({ applicationName: 'old', styles: ['unqualified', 'public'] })
  await work([old])
  await run(plan, [1])
  const both = await chain.load({ applicationName: 'new', styles: ['schema'] })
  const loads = [old, both]
  await work(loads)
  const forward = await run(plan, [2])
  expect(eventsOf(forward.events, 'step:start').filter(({ step }) => step.startsWith('switch'))).toHaveLength(
    Math.ceil(count / batchSize),
  )
  await work(loads)
  expect(await problems(plan)).toEqual([])
  await undo(plan, { phase: 2 })
  await work(loads)
  await undo(plan, { to: 1 })
  await run(plan, [2])
  await work(loads)

  const oldReport = await old.stop()
  await run(plan, [contract])
  await work([both])
  const newReport = await both.stop()
  expect(failuresOf(oldReport)).toEqual([])
  expect(failuresOf(newReport)).toEqual([])
  for (const report of [oldReport, newReport]) {
    expect(Object.keys(report.manners).sort()).toEqual([...manners].sort())
    expect(report.statements).toBeGreaterThan(300)
  }
  expect(await chain.check('chain')).toMatchObject({ isComplete: true, complaints: [], unknown: 0 })
  expect(await problems(plan)).toEqual([])
})
