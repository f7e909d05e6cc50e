import { expect, test } from '@jest/globals'
import type { Plan } from '../../src/plan/plan.ts'
import { connect, sql } from '../support/client.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { check, eventsOf, failureOf, run, statusOf, undo, watched } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

async function callsOf(plan: Plan, name: string): Promise<number | null> {
  return (await statusOf(plan)).outcomes.oldNames.find((old) => old.name === name)?.calls ?? null
}

test('every kind of use of an old name is counted; what the tool itself reads is not', async () => {
  await using database = await sampleDatabase('usage')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1, 2])
  expect(await callsOf(plan, 'public.users')).toBe(0)
  await check(plan)
  {
    await using client = await connect(database.url)
    await client.query(`select count(*) from users`)
    // Once for the statement and once for the row, which the check option looks at.
    await client.query(`update public.users set email = email where id = 1`)
    await client.query(`insert into users (email) values ('usage@example.org')`)
    await client.query(`begin read only; select 1 from users limit 1; commit`)
  }
  // A closed session has sent its statistics, but the server takes them in when it comes to it.
  await until(async () => (await callsOf(plan, 'public.users')) === 5)
  expect(await callsOf(plan, 'public.users')).toBe(5)
})

test('the counters go with the switch: nothing of them is left after rollback', async () => {
  await using database = await sampleDatabase('usage_back')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1, 2])
  await undo(plan, { phase: 2 })
  await using client = await connect(database.url)
  expect(
    await client.value(
      `select count(*)::int from pg_proc where pronamespace = 'migrate_stage'::regnamespace and proname ~ '^(used|counted)_'`,
    ),
  ).toBe(0)
})

test('countUses: false leaves the views as they are', async () => {
  await using database = await sampleDatabase('usage_off')
  const plan = planFor(database.url, { ...samplePlan, defaults: { countUses: false } })
  await run(plan, [1, 2])
  await using client = await connect(database.url)
  expect(
    await client.value(
      `select count(*)::int from pg_proc where pronamespace = 'migrate_stage'::regnamespace and proname ~ '^(used|counted)_'`,
    ),
  ).toBe(0)
  expect(await callsOf(plan, 'public.users')).toBeNull()
})

test('contract waits while a session uses an old name, names it, and changes nothing', async () => {
  await using database = await sampleDatabase('usage_gate')
  const plan = planFor(database.url, samplePlan)
  const last = plan.phases.at(-1)!.number
  await run(
    plan,
    plan.phases.map(({ number }) => number).filter((number) => number < last),
  )
  await using client = await connect(database.url, 'nightly-report')
  await client.query('begin; select count(*) from public.users')
  const failure = await failureOf(run(plan, [last]))
  expect(failure).toMatchObject({ code: 'gate-waiting', exitCode: 8, state: { kind: 'resumable' } })
  expect(failure.detail.join('\n')).toMatch(/public\.users.*\n.*nightly-report/)
  await client.query('commit')
  expect(
    await client.value(`select count(*)::int from pg_class where oid = to_regclass('public.users')`),
  ).toBe(1)
})

test('a quiet period that has not passed keeps contract waiting, with since when it is quiet', async () => {
  await using database = await sampleDatabase('usage_quiet')
  const plan = planFor(database.url, { ...samplePlan, quiet: '1h' })
  const last = plan.phases.at(-1)!.number
  const before = plan.phases.map(({ number }) => number).filter((number) => number < last)
  await run(plan, before)
  const failure = await failureOf(run(plan, [last]))
  expect(failure).toMatchObject({ code: 'gate-waiting', exitCode: 8 })
  expect(failure.detail.join('\n')).toMatch(/public\.users: quiet for \d+s/)
  // Two hours of observations without a use, as they would stand in the journal.
  await sql(database.url, `update migrate.usage set observed_at = observed_at - interval '2 hours'`)
  await run(plan, [last])
  await using client = await connect(database.url)
  expect(await client.value(`select to_regclass('public.users') is null`)).toBe(true)
})

test('one use within the quiet period starts it anew', async () => {
  await using database = await sampleDatabase('usage_noise')
  const plan = planFor(database.url, { ...samplePlan, quiet: '1h' })
  const last = plan.phases.at(-1)!.number
  await run(
    plan,
    plan.phases.map(({ number }) => number).filter((number) => number < last),
  )
  await sql(database.url, `update migrate.usage set observed_at = observed_at - interval '2 hours'`)
  await sql(database.url, 'select count(*) from public.users')
  await until(async () => (await callsOf(plan, 'public.users')) === 1)
  const failure = await failureOf(run(plan, [last]))
  expect(failure.code).toBe('gate-waiting')
  expect(failure.detail.join('\n')).toMatch(/public\.users: quiet for/)
})

test('observe tells who uses old names, also between their statements, and keeps it for status', async () => {
  await using database = await sampleDatabase('observe')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1, 2, 3])
  await using reporting = await connect(database.url, 'reporting', 'test_writer')
  await reporting.query('begin; select count(*) from public.orders')
  // Each has one latest statement, by which it can be seen.
  await using shop = await connect(database.url, 'shop')
  await using shopToo = await connect(database.url, 'shop')
  await using fresh = await connect(database.url, 'new code')
  await fresh.query('set search_path = accounts')
  const stop = new AbortController()
  const watching = watched(plan, { forMs: 60_000 }, { signal: stop.signal })
  await until(async () => {
    await shop.query(`select id from public.users where email = 'user1@example.org'`)
    await shopToo.query('select 1 from events limit 1')
    await fresh.query('select count(*) from users')
    return (await callsOf(plan, 'public.users')) !== 0
  })
  await shopToo.query('select 1 from events limit 1')
  stop.abort()
  const { outcomes, events } = await watching
  const users = (name: string): unknown[] =>
    outcomes.oldNames
      .find((old) => old.name === name)!
      .users.map(({ role, application, statement }) => [role, application, statement])
  expect(outcomes.isKept).toBe(true)
  expect(users('public.users')).toContainEqual([
    'postgres',
    'shop',
    expect.stringMatching(/^select id from public\.users where email/),
  ])
  expect(users('public.orders')).toEqual([
    ['postgres', 'reporting', 'begin; select count(*) from public.orders'],
  ])
  expect(eventsOf(events, 'countdown').at(-1)).toMatchObject({ leftMs: 0 })
  const kept = (await statusOf(plan)).outcomes.oldNames
  expect(kept.find(({ name }) => name === 'public.users')).toMatchObject({
    since: expect.any(Date),
    lastUsedAt: expect.any(Date),
    users: expect.arrayContaining([
      expect.objectContaining({ application: 'shop', client: expect.any(String), isUnqualified: false }),
    ]),
  })
})
