import { describe, expect, test } from '@jest/globals'
import { startCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { dumpAll } from '../support/dump.ts'
import { until } from '../support/process.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { eventsOf, failureOf, problems, run, statusOf, verified } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { buildChain } from '../../scripts/load/chain.ts'
import { Chain, failuresOf } from './journey.ts'

const sketch: PlanSketch = { name: 'chain', services: { chain: ['t*'] } }

describe('someone in front', () => {
  test('of whom not even the catalogs can be read is named by status and verify', async () => {
    await using database = await sampleDatabase('locked_out')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    await using holder = await connect(database.url, 'nightly repair')
    await holder.query('begin; lock table users, orders, accounts.users in access exclusive mode')
    const failures = await Promise.all([failureOf(statusOf(plan)), failureOf(verified(plan, {}))])
    await holder.query('rollback')
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: 'lock-timeout', exitCode: 6 })
      expect(failure.detail.join()).toContain(`pid ${holder.pid} "nightly repair"`)
    }
  })

  test('a long reader delays the switch and nobody fails; it is named; the switch is done when it has ended', async () => {
    await using chain = await Chain.build(5)
    const plan = planFor(chain.url, sketch)
    await run(plan, [1])
    const load = await chain.load({ styles: ['public', 'schema'] })
    await using reader = await connect(chain.url, 'monthly report')
    await reader.query('begin; select count(*) from public.t3')
    let retries = 0
    const switching = run(plan, [2], { on: ({ type }) => (retries += type === 'action:retry' ? 1 : 0) })
    await until(() => retries >= 5)
    await reader.query('commit')
    const { events } = await switching
    const named = eventsOf(events, 'action:retry').flatMap(({ blockers }) => blockers)
    expect(named.join('\n')).toContain(`pid ${reader.pid} "monthly report"`)
    expect(failuresOf(await load.stop())).toEqual([])
    expect(await chain.check('chain')).toMatchObject({ isComplete: true, complaints: [] })
    expect(await problems(plan)).toEqual([])
  })

  test.each([50, 150])('transactions of %i ms that overlap do not keep the switch out', async (ms) => {
    await using chain = await Chain.build(2)
    const plan = planFor(chain.url, { ...sketch, defaults: { stallBudget: '400ms', lockRetry: '20s' } })
    await run(plan, [1])
    const workload = new URL('./workloads/overlap.ts', import.meta.url)
    const load = await chain.load({ workload, options: { tables: chain.tables, ms }, clients: 8, thinkMs: 0 })
    await until(async () => (await load.report()).statements > 50)
    await run(plan, [2])
    expect(failuresOf(await load.stop())).toEqual([])
    expect(await chain.check('chain')).toMatchObject({ isComplete: true, complaints: [] })
  })

  test('a lock that is never granted ends the run with who holds it, changes nothing, and can be run again', async () => {
    await using chain = await Chain.build(3)
    const plan = planFor(chain.url, { ...sketch, defaults: { lockRetry: '1s' } })
    await run(plan, [1])
    const before = await dumpAll(chain.url)
    await using holder = await connect(chain.url, 'forgotten session')
    await holder.query('begin; select count(*) from public.t2')
    const failure = await failureOf(run(plan, [2]))
    expect(failure).toMatchObject({ code: 'lock-timeout', exitCode: 6, state: { kind: 'rolled-back' } })
    expect(failure.detail.join('\n')).toContain(`pid ${holder.pid} "forgotten session"`)
    await holder.query('commit')
    expect(await dumpAll(chain.url)).toBe(before)
    await run(plan, [2])
    expect(await problems(plan)).toEqual([])
  })

  test('a prepared transaction is reported, nothing is changed, and the run goes on when it is settled', async () => {
    await using chain = await Chain.build(2)
    const plan = planFor(chain.url, { ...sketch, defaults: { lockRetry: '1s' } })
    await run(plan, [1])
    const before = await dumpAll(chain.url)
    const name = `test ${chain.database.name}`
    await sql(
      chain.url,
      `begin; update public.t2 set counter = 5 where id = 1; prepare transaction '${name}'`,
    )
    try {
      const failure = await failureOf(run(plan, [2]))
      expect([4, 6]).toContain(failure.exitCode)
      expect([failure.message, ...failure.detail].join('\n')).toMatch(/prepared transaction/)
      expect(await dumpAll(chain.url)).toBe(before)
      await sql(chain.url, `commit prepared '${name}'`)
      await run(plan, [2])
    } finally {
      await sql(chain.url, `rollback prepared '${name}'`).catch(() => undefined)
    }
    expect(await rowsOf(chain.url, 'select counter::int from chain.t2 where id = 1')).toEqual([
      { counter: 5 },
    ])
  })

  test('an autovacuum at work gives way', async () => {
    await using cluster = await startCluster({ settings: { autovacuum_naptime: '1s' } })
    const url = await cluster.createDatabase('vacuumed')
    await sql(
      url,
      `${buildChain(2)};
       alter table public.t1 set (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
         autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 2000000000);
       insert into public.t1 (parent_id, token) select 1, 'bulk' || n from generate_series(1, 40000) n;`,
    )
    const plan = planFor(url, sketch)
    await run(plan, [1])
    await sql(url, `delete from public.t1 where token like 'bulk%'`)
    const vacuum = async (): Promise<number | undefined> =>
      (
        await rowsOf<{ pid: number }>(
          url,
          `select l.pid from pg_locks l join pg_stat_activity a using (pid)
            where a.backend_type = 'autovacuum worker' and l.relation::regclass::text in ('t1', 'public.t1', 'chain.t1') and l.granted`,
        )
      )[0]?.pid
    await until(async () => (await vacuum()) !== undefined, 40_000, 'an autovacuum of t1')
    const worker = await vacuum()
    await run(plan, [2])
    expect(await vacuum()).not.toBe(worker)
    expect(await problems(plan)).toEqual([])
  })
})

describe('a client that could deadlock with the switch', () => {
  const add = (table: string): string => `update ${table} set counter = counter + 1 where id = 1`
  test.each([
    ['locks in the other order', add('public.t3'), add('public.t1')],
    ['goes through the facade', add('chain.t3'), add('chain.t1')],
    ['mixes names', add('chain.t2'), add('public.t1')],
    [
      'writes child, then parent',
      `insert into t2 (parent_id, token) values (1, gen_random_uuid())`,
      add('t1'),
    ],
    ['reads the child, writes the parent', 'select count(*) from t3', `delete from t1 where id = -1`],
    [
      'takes a key, then inserts',
      `select nextval('t1_id_seq')`,
      `insert into t1 (token) values (gen_random_uuid())`,
    ],
  ])('%s: it is never the victim', async (_, first, second) => {
    await using chain = await Chain.build(3)
    const plan = planFor(chain.url, sketch)
    await run(plan, [1])
    await using client = await connect(chain.url)
    await client.query(`begin; ${first}`)
    let retries = 0
    const switching = run(plan, [2], { on: ({ type }) => (retries += type === 'action:retry' ? 1 : 0) })
    for (let round = 1; round <= 4; round++) {
      await until(() => retries >= round)
      await client.query(second)
      await client.query(round < 4 ? `commit; begin; ${first}` : 'commit')
      if (round < 4 && retries < round) throw new Error('the switch did not wait')
    }
    await switching
    expect(await problems(plan)).toEqual([])
  })
})
