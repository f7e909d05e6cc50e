import { expect, test } from '@jest/globals'
import { connect } from '../support/client.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { failureOf, problems, run } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { RunnerProcess } from '../crash/runner-process.ts'

test('a frozen runner is replaced; when it wakes it has lost the lease and changes nothing', async () => {
  await using database = await sampleDatabase('frozen')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1])
  await using reader = await connect(database.url, 'reader')
  await reader.query('begin; select count(*) from public.users')
  await using frozen = new RunnerProcess()
  await frozen.start({ url: database.url, sketch: samplePlan, command: { execute: [2, 3] } })
  await until(() => frozen.told('action:retry') >= 2)
  frozen.signal('SIGSTOP')
  expect((await failureOf(run(plan, [2]))).code).toBe('lease-held')

  let retries = 0
  const second = run(plan, [2], {
    waitMs: 40_000,
    on: ({ type }) => (retries += type === 'action:retry' ? 1 : 0),
  })
  await until(() => retries >= 1, 50_000, 'the takeover')
  // The one that took over is alive: nobody takes it from there.
  expect(await failureOf(run(plan, [2]))).toMatchObject({ code: 'lease-held', exitCode: 7 })
  await reader.query('commit')
  expect((await second).outcomes).toMatchObject([{ outcome: 'done' }])
  const after = await dumpAll(database.url)

  frozen.signal('SIGCONT')
  expect((await frozen.end())?.error).toMatchObject({ exitCode: expect.any(Number) })
  expect((await frozen.end())?.error?.code).toMatch(/^(lease-lost|connection-lost)$/)
  expect(await dumpAll(database.url)).toBe(after)
  expect(await problems(plan)).toEqual([])
  await run(plan, [3])
}, 120_000)
