import { expect, test } from '@jest/globals'
import { planFor } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'
import { Chain, failuresOf } from '../live/journey.ts'

test('a hundred times there and back, with transactions across foreign keys by both names: none fails', async () => {
  await using chain = await Chain.build(6)
  const plan = planFor(chain.url, { name: 'chain', services: { chain: ['t*'] } })
  await run(plan, [1])
  const loads = [
    await chain.load({ applicationName: 'old', styles: ['unqualified', 'public'] }),
    await chain.load({ applicationName: 'new', styles: ['schema'] }),
  ]
  for (let cycle = 0; cycle < 100; cycle++) {
    await run(plan, [2])
    await undo(plan, { to: 1 })
  }
  for (const load of loads) {
    const report = await load.stop()
    expect(failuresOf(report)).toEqual([])
    expect(report.statements).toBeGreaterThan(1000)
  }
  expect(await chain.check('public')).toMatchObject({ isComplete: true, complaints: [] })
  expect(await problems(plan)).toEqual([])
}, 900_000)
