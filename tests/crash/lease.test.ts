import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { isMigrateError } from '../../src/errors/migrate-error.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { journalStates, runnersOf } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { eventsOf, failureOf, problems, run } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { RunnerPool } from './runner-process.ts'

let pool: RunnerPool

beforeAll(() => {
  pool = new RunnerPool(1)
})

afterAll(() => pool[Symbol.asyncDispose]())

test('a second runner is refused and told who runs; with --wait it goes on when the first has ended', async () => {
  await using database = await sampleDatabase('lease')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1])
  await using reader = await connect(database.url)
  await reader.query('begin; select count(*) from public.users')
  await using runner = await pool.start({ url: database.url, sketch: samplePlan, command: { execute: [2] } })
  await until(() => runner.told('action:retry') >= 1)
  const failure = await failureOf(run(plan, [2]))
  expect(failure).toMatchObject({ code: 'lease-held', exitCode: 7 })
  expect(failure.message).toContain(`pid ${runner.pid}`)
  expect(failure.message).toContain('execute phase 2')
  const waiting = run(plan, [2], { waitMs: 30_000 })
  await reader.query('commit')
  expect(await runner.end()).toMatchObject({ events: expect.any(Number) })
  const { outcomes, events } = await waiting
  expect(outcomes).toMatchObject([{ outcome: 'was-done' }])
  expect(eventsOf(events, 'lease:wait').length).toBeLessThanOrEqual(1)
  expect(await problems(plan)).toEqual([])
})

test.each(['the first run', 'a run long after the last'])(
  '20 runners at once, %s: one works',
  async (when) => {
    await using database = await sampleDatabase('twenty')
    const plan = planFor(database.url, samplePlan)
    const phase = when === 'the first run' ? 1 : 2
    if (phase === 2) {
      await run(plan, [1])
      await sql(database.url, `update migrate.leases set heartbeat_at = now() - interval '1 hour'`)
    }
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => run(plan, [phase])))
    const worked = all.filter(
      (result) => result.status === 'fulfilled' && result.value.outcomes[0]?.outcome === 'done',
    )
    const codes = all.flatMap((result) =>
      result.status === 'rejected'
        ? [isMigrateError(result.reason) ? result.reason.code : String(result.reason)]
        : [],
    )
    expect([...new Set(codes)].filter((code) => code !== 'lease-held')).toEqual([])
    expect(worked).toHaveLength(1)
    expect(await problems(plan)).toEqual([])
    const states = await journalStates(database.url)
    expect(states).toContain(`phase ${phase} done`)
    expect(states.filter((line) => / (running|undoing)/.test(line))).toEqual([])
    expect(await rowsOf(database.url, 'select count(*)::int as runs from migrate.runs')).toEqual([
      { runs: 1 },
    ])
    expect(await runnersOf(database.url)).toEqual([])
  },
)
