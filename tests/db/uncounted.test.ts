import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { uncountedRule } from '../../src/plan/probe-names.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { startCluster, type Cluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { findingsOf } from '../facts/findings.ts'
import { failureOf, run, statusOf, undo } from '../support/run.ts'

const sketch: PlanSketch = { services: { accounts: ['users'] } }

/** Its settings are needed: no function is tracked, and pg_stat_statements is there for those who create it. */
let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster({ settings: { shared_preload_libraries: 'pg_stat_statements' } })
  await cluster.sql('postgres', 'create role runner login; create role app login')
})
afterAll(() => cluster.destroy())

interface Scene extends AsyncDisposable {
  readonly url: string
  readonly runnerUrl: string
}

async function prepared(name: string, statements = ''): Promise<Scene> {
  const url = await cluster.createDatabase(name)
  await sql(
    url,
    `create table public.users (id serial primary key, email text); insert into public.users (email) values ('one');
     alter table public.users owner to runner; grant select, insert on public.users to app;
     grant create on database ${name} to runner; grant create, usage on schema public to runner; ${statements}`,
  )
  const runner = new URL(url)
  runner.username = 'runner'
  return { url, runnerUrl: runner.href, [Symbol.asyncDispose]: () => cluster.dropDatabase(name) }
}

async function oldName(plan: Plan) {
  return (await statusOf(plan)).outcomes.oldNames[0]
}

async function asApp(url: string, statement: string): Promise<void> {
  await using client = await connect(url, 'nightly', 'app')
  await client.query(statement)
}

describe('a runner that may not count uses', () => {
  test('is told so from the beginning, and refused at contract until each name is waived with a reason', async () => {
    await using scene = await prepared('uncounted')
    const plan = planFor(scene.runnerUrl, sketch)
    const told = (await findingsOf(plan)).filter(({ rule }) => rule === uncountedRule)
    expect(told).toMatchObject([{ on: 'public.users', severity: 'error', waivable: true }])
    if (cluster.major >= 15) expect(told[0]?.remedy).toBe('grant set on parameter track_functions to runner')
    await run(plan, [1, 2])
    await asApp(scene.url, 'select * from public.users')
    const status = await oldName(plan)
    expect(status).toMatchObject({ source: null, calls: null })
    expect((await failureOf(run(plan, [3]))).code).toBe('preflight-refused')
    expect(await rowsOf(scene.url, 'select * from public.users')).toHaveLength(1)
    const allow = [
      { rule: uncountedRule, on: 'public.users', because: 'its only client was rewritten and deployed' },
    ]
    await run(planFor(scene.runnerUrl, { ...sketch, allow }), [3])
  })

  test('counts once the server tracks functions for everyone', async () => {
    await using scene = await prepared('tracked')
    const plan = planFor(scene.runnerUrl, sketch)
    await sql(scene.url, `alter database tracked set track_functions = 'pl'`)
    await run(plan, [1, 2])
    await asApp(scene.url, 'select * from public.users')
    await until(async () => (await oldName(plan))?.calls === 1)
    await sql(scene.url, `alter role app in database tracked set track_functions = 'none'`)
    expect(await oldName(plan)).toMatchObject({ source: null })
    expect((await failureOf(run(plan, [3]))).code).toBe('preflight-refused')
    await sql(scene.url, `alter role app in database tracked reset all`)
    await run(plan, [3])
  })

  test('counts by pg_stat_statements, and a reset of it begins the quiet period anew', async () => {
    await using scene = await prepared(
      'recorded',
      `create extension pg_stat_statements; grant pg_read_all_stats to runner;
       create schema tenant; create table tenant.users (id int); grant usage on schema tenant to app; grant select on tenant.users to app`,
    )
    const plan = planFor(scene.runnerUrl, { ...sketch, quiet: '1h' })
    expect((await findingsOf(plan)).filter(({ rule }) => rule === uncountedRule)).toEqual([])
    await run(plan, [1, 2])
    const before = (await oldName(plan))!.calls!
    expect(await oldName(plan)).toMatchObject({ source: 'statements', calls: before })
    await asApp(scene.url, 'select email from public.users where id = 1')
    await asApp(
      scene.url,
      'set search_path = tenant; select * from tenant.users; select count(*) from accounts.users',
    )
    expect(await oldName(plan)).toMatchObject({ source: 'statements', calls: before + 1 })
    await sql(
      scene.url,
      `update migrate.usage set observed_at = observed_at - interval '2 hours', last_at = last_at - interval '2 hours'`,
    )
    expect((await oldName(plan))!.quietMs).toBeGreaterThan(3_600_000)
    await sql(scene.url, 'select pg_stat_statements_reset()')
    expect((await oldName(plan))!.quietMs).toBeLessThan(600_000)
    expect((await failureOf(run(plan, [3]))).detail.join('\n')).toMatch(/public\.users: quiet for/)
    await undo(plan, { to: 0 })
  })

  test('counts once it was granted track_functions', async () => {
    if (cluster.major < 15) return
    await using scene = await prepared('granted', 'grant set on parameter track_functions to runner')
    const plan = planFor(scene.runnerUrl, { ...sketch, quiet: '1h' })
    await run(plan, [1, 2])
    await asApp(scene.url, 'select * from public.users')
    await until(async () => (await oldName(plan))?.calls === 1)
    await sql(scene.url, 'revoke set on parameter track_functions from runner')
  })
})

test('counters that a crash has lost begin the quiet period anew; a clean restart does not', async () => {
  await using scene = await prepared('crashed')
  const plan = planFor(scene.url, { ...sketch, quiet: '1h' })
  await run(plan, [1, 2])
  await asApp(scene.url, 'select * from public.users')
  await until(async () => (await oldName(plan))?.calls === 1)
  const age = `update migrate.usage set observed_at = observed_at - interval '2 hours', last_at = last_at - interval '2 hours'`
  await sql(scene.url, age)
  await cluster.stop('fast')
  await cluster.start()
  expect(await oldName(plan)).toMatchObject({ source: 'counter', calls: 1 })
  expect((await oldName(plan))!.quietMs).toBeGreaterThan(3_600_000)
  await cluster.stop('immediate')
  await cluster.start()
  // As many uses as before: the number alone would say that nothing has happened.
  await asApp(scene.url, 'select * from public.users')
  await until(async () => (await oldName(plan))?.calls === 1)
  expect((await oldName(plan))!.quietMs).toBeLessThan(600_000)
})
