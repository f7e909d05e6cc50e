import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { literalPattern } from '../../src/plan/match.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { check, failureOf, run, statusOf, undo, watched } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

async function oldName(plan: Plan, name: string) {
  return (await statusOf(plan)).outcomes.oldNames.find((old) => old.name === name)
}

describe('a client that calls itself as the tool does', () => {
  const impostor = 'migrate/shop/verify'
  let database: FreshDatabase
  let plan: Plan
  beforeAll(async () => {
    database = await sampleDatabase('impostor')
    plan = planFor(database.url, samplePlan)
    await run(plan, [1, 2, 3])
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
  })

  test('is counted, and seen', async () => {
    {
      await using brief = await connect(database.url, impostor)
      await brief.query('select 1 from public.users limit 1')
    }
    await using client = await connect(database.url, impostor)
    await client.query('begin; select 1 from public.orders limit 1')
    await until(async () => (await oldName(plan, 'public.users'))?.calls === 1)
    expect((await oldName(plan, 'public.orders'))?.users).toMatchObject([{ application: impostor }])
    const failure = await failureOf(run(plan, [4]))
    expect(failure.code).toBe('gate-waiting')
    expect(failure.detail.join('\n')).toContain(impostor)
  })

  test('is told of when it changes the structure', async () => {
    await using client = await connect(database.url, impostor)
    await client.query('alter table accounts.users alter column note set default 1')
    expect((await statusOf(plan)).outcomes.drift).toMatchObject([
      { application: impostor, tag: 'ALTER TABLE' },
    ])
  })

  test('is seen when policy late asks who uses a table, and among those that hold locks for long', async () => {
    await using other = await sampleDatabase('impostor_late')
    const late = planFor(other.url, { services: { accounts: { tables: ['users'], compat: 'late' } } })
    await run(late, [1])
    await using client = await connect(other.url, impostor)
    await client.query('begin; select 1 from public.users limit 1')
    expect((await failureOf(run(late, [2]))).detail.join('\n')).toContain(impostor)
    await until(async () => (await statusOf(late)).outcomes.blockers.some((line) => line.includes(impostor)))
  })

  test('what the tool itself does is no use, in parallel workers either', async () => {
    const before = (await oldName(plan, 'public.orders'))?.calls
    await check(plan)
    await using own = await connect(database.url, 'migrate/shop/verify')
    await own.query(`insert into migrate.sessions (pid, backend_start)
                     select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()`)
    await own.query(
      `set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0; set parallel_tuple_cost = 0;
                     set force_parallel_mode = on; select count(*) from public.orders`.replace(
        'force_parallel_mode',
        sharedCluster().major >= 16 ? 'debug_parallel_query' : 'force_parallel_mode',
      ),
    )
    await own.end()
    await watched(plan, { forMs: 1_500 })
    expect((await oldName(plan, 'public.orders'))?.calls).toBe(before)
  })
})

test('a journal that is gone fails no statement by an old name, whatever its client is called', async () => {
  await using database = await sampleDatabase('journal_gone')
  await run(planFor(database.url, samplePlan), [1, 2, 3])
  await sql(database.url, 'drop schema migrate cascade')
  for (const name of ['app', 'migrate/shop/verify']) {
    await using client = await connect(database.url, name)
    await client.query(`update public.users set note = 'x' where id = 1`)
    await client.query('create table public.anything (id int); drop table public.anything')
  }
})

test('names of every kind do not disturb the count', async () => {
  await using database = await freshDatabase('odd_names')
  const names = ['app(old', 'a"b', 'Ünï [x]', 'back\\slash', 'dot.ted', '*', '^a-z]+$']
  const schema = 'app(old'
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
  const odd = `odd ${database.name.slice(-8)} (\\"*`
  await sql(
    database.url,
    `create schema ${quoted(schema)};
     ${names.map((name) => `create table ${quoted(schema)}.${quoted(name)} (id int primary key);`).join('\n')}
     create schema other; create schema migrate_elsewhere;
     create function other.counted_99999999999() returns int language plpgsql as 'begin return 1; end';
     create function other.counted_1() returns int language plpgsql as 'begin return 1; end';
     create role ${quoted(odd)} login superuser; set track_functions = 'all';
     select other.counted_99999999999(), other.counted_1()`,
  )
  const plan = planFor(database.url, {
    services: {
      svc: {
        from: `db.${schema}`,
        schema: 'svc(new',
        tables: names.map(literalPattern),
      },
    },
  })
  await run(plan, [1, 2])
  const url = new URL(database.url)
  url.username = encodeURIComponent(odd)
  await using client = await connect(url.href, 'app(old')
  await client.query(`select * from ${quoted(schema)}.${quoted('app(old')}`)
  await client.query(`begin; select * from ${quoted(schema)}.${quoted('a"b')}`)
  const seen = (await watched(plan, { forMs: 200 })).outcomes.oldNames
  expect(seen).toHaveLength(names.length)
  expect(seen.find(({ name }) => name.includes('a""b'))?.users).toMatchObject([
    { role: odd, application: 'app(old' },
  ])
  await client.query('commit')
  await until(async () => (await oldName(plan, '"app(old"."app(old"'))?.calls === 1)
  await client.end()
  await undo(plan, { to: 0 })
  await sql(database.url, `drop role ${quoted(odd)}`)
})

test('the evidence grows by changes and not by looks', async () => {
  await using database = await sampleDatabase('evidence_rows')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1, 2])
  const rows = async (): Promise<number> =>
    (await rowsOf<{ n: number }>(database.url, `select count(*)::int as n from migrate.usage`))[0]!.n
  await statusOf(plan)
  const first = await rows()
  for (let look = 0; look < 5; look++) await statusOf(plan)
  await watched(plan, { forMs: 300 })
  expect(await rows()).toBe(first)
  await sql(database.url, 'select 1 from public.users limit 1')
  await until(async () => (await oldName(plan, 'public.users'))?.calls === 1)
  await statusOf(plan)
  expect(await rows()).toBe(first + 1)
})
