import { describe, expect, test } from '@jest/globals'
import { connect, rowsOf, sql } from '../support/client.ts'
import { sharedCluster } from '../support/cluster.ts'
import { journalStates } from '../support/dump.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { failureOf, findingsOf, run, statusOf, verified, warningsOf } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { sleepy, stuck } from './obstacles.ts'

const impatient = { cap: '100ms' }

/** Ends the connections in which the canary speaks already; true once there were some. */
async function endCanary(url: string): Promise<boolean> {
  const ended = await rowsOf(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like 'migrate/%/canary' and query ~ 'limit 1|where false'`,
  )
  return ended.length > 0
}

describe('the canary', () => {
  test('stays against a switch whose undo did not finish, until it is undone', async () => {
    await using database = await sampleDatabase('canary_stuck')
    const plan = planFor(database.url, { ...samplePlan, canary: impatient })
    await run(plan, [1])
    await sql(database.url, `${sleepy('accounts')}; ${stuck}`)
    const unfinished = {
      code: 'stall-exceeded',
      state: { kind: 'resumable' },
      message: expect.stringMatching(/over the cap of 100 ms; its undo did not finish: .*no way back/),
    }
    const failure = await failureOf(run(plan, [2]))
    expect(failure).toMatchObject(unfinished)
    expect(failure.next[0]).toBe('migrate rollback --phase 2')
    await sql(database.url, 'drop event trigger sleepy')
    expect((await statusOf(plan)).outcomes.next.join()).not.toContain('execute')
    // Ended between poison and undo, a runner leaves the phase like this.
    await sql(database.url, "update migrate.phases set state = 'running' where number = 2")
    expect((await statusOf(plan)).outcomes.next[0]).toContain('migrate rollback --phase 2')
    const patient = planFor(database.url, samplePlan)
    expect(await failureOf(run(patient, [2]))).toMatchObject(unfinished)
    await sql(database.url, 'drop event trigger stuck')
    expect(await failureOf(run(patient, [2]))).toMatchObject({
      code: 'stall-exceeded',
      state: { kind: 'rolled-back' },
    })
    expect(await journalStates(database.url)).toContain('phase 2 pending poisoned')
    await run(patient, [2, 3])
    expect(await journalStates(database.url)).toContain('phase 2 done')
  })

  test('that loses its connection has not seen the switch, which is undone', async () => {
    await using database = await sampleDatabase('canary_lost')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    await using holder = await connect(database.url)
    await holder.query('begin; select from users')
    let ended: Promise<unknown> | undefined
    const failure = await failureOf(
      run(plan, [2], {
        on: ({ type }) => {
          if (type === 'action:retry') ended ??= endCanary(database.url).then(() => holder.query('commit'))
        },
      }),
    )
    await ended
    expect(failure).toMatchObject({ code: 'stall-exceeded', state: { kind: 'rolled-back' } })
    expect(failure.message).toMatch(
      /the canary could not watch the switch to its end: its connection was lost/,
    )
    await run(plan, [2])
    expect(await journalStates(database.url)).toContain('phase 2 done')
  })

  test('takes one statement at a time, and is named where its own hold locks', async () => {
    await using database = await sampleDatabase('canary_holds')
    const own = (accounts: string[]): PlanSketch => ({
      ...samplePlan,
      canary: { statements: { accounts } },
      defaults: { lockRetry: '500ms' },
    })
    const change = 'update public.users set note = note where id = 1'
    await run(planFor(database.url, samplePlan), [1])
    const failure = await failureOf(run(planFor(database.url, own(['begin', change])), [2]))
    expect(failure.code).toBe('lock-timeout')
    expect(failure.detail.join()).toContain('"migrate/shop/canary"')
    const { events } = await run(planFor(database.url, own([`${change}; ${change}`])), [2])
    expect(warningsOf(events).join()).toContain('cannot insert multiple commands into a prepared statement')
  })
})

describe('traffic', () => {
  test('whose connection is lost could not be watched', async () => {
    await using database = await sampleDatabase('traffic_lost')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    const verifying = verified(plan, { only: ['traffic'], windowMs: 1000 })
    await until(() => endCanary(database.url))
    expect(findingsOf((await verifying).outcomes)).toEqual([
      expect.stringMatching(
        /^error traffic traffic: the probe could not run: a connection of the canary was lost/,
      ),
    ])
  })

  test('names what could not be tried, a schema of which nothing could be has failed', async () => {
    await using database = await sampleDatabase('traffic_left')
    const plan = planFor(database.url, { ...samplePlan, canary: impatient })
    await run(plan, [1])
    await using holder = await connect(database.url)
    await holder.query('begin; lock table users in exclusive mode')
    const found = findingsOf((await verified(plan, { only: ['traffic'], windowMs: 50 })).outcomes)
    await holder.query('rollback')
    expect(found.filter((line) => line.startsWith('error'))).toEqual([
      'error traffic sales: none of its statements could be tried',
    ])
    expect(found).toContainEqual(
      expect.stringMatching(
        /^warning traffic shop: left out: what somebody else holds up at the end: update .*users/,
      ),
    )
    expect(found).toContainEqual(
      expect.stringMatching(
        /^warning traffic shop: left out: what could not be tried behind it: select .*orders/,
      ),
    )
  })
})

test('traffic: a name that does not work is an error of its schema', async () => {
  await using database = await sampleDatabase('traffic')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1])
  await sql(
    database.url,
    'create or replace view accounts.users as select id, email, state, note from public.users where 1 / 0 = 1 limit 1',
  )
  const found = findingsOf((await verified(plan, { only: ['traffic'], windowMs: 100 })).outcomes)
  expect(found).toContainEqual(expect.stringMatching(/^info traffic sales: 100 % of \d+ statements/))
  expect(found).toContainEqual(
    expect.stringMatching(
      /^error traffic accounts: none of its statements by names in accounts could be tried$/,
    ),
  )
  // Before 15 the counters of transactions come later than such a window is long.
  if (sharedCluster().major < 15) return
  expect(found).toContainEqual(
    expect.stringMatching(/^(info|warning) traffic traffic_\w+: [\d.]+ % of \d+ transactions/),
  )
})
