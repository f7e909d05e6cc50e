import { expect, test } from '@jest/globals'
import { connect, sql } from '../support/client.ts'
import { dumpAll, journalStates } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { failureOf, problems, run, undo } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

test('a column added after expand: the switch is refused, expand repairs the facade, the switch works', async () => {
  await using database = await sampleDatabase('drift')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1])
  await sql(database.url, `alter table public.users add column phone text default 'none'`)
  const before = await dumpAll(database.url)
  const states = await journalStates(database.url)
  const failure = await failureOf(run(plan, [2]))
  expect(failure).toMatchObject({ code: 'preflight-refused', exitCode: 4 })
  expect(failure.next.join('\n')).toContain('execute --phase 1')
  expect(await dumpAll(database.url)).toBe(before)
  expect(await journalStates(database.url)).toEqual(states)

  expect((await run(plan, [1])).outcomes).toMatchObject([{ outcome: 'done' }])
  await using client = await connect(database.url)
  await client.query(`insert into accounts.users (email) values ('drift@example.org')`)
  await run(plan, [2])
  for (const name of ['public', 'accounts'])
    expect(await client.value(`select phone from ${name}.users where email = 'drift@example.org'`)).toBe(
      'none',
    )
  expect(await problems(plan)).toEqual([])
})

test('a column added while the switch waits for its lock: found under the lock, nothing is changed', async () => {
  await using database = await sampleDatabase('drift_late')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1])
  await using other = await connect(database.url, 'migration')
  await other.query('begin; select count(*) from public.users')
  let retries = 0
  const switching = failureOf(
    run(plan, [2], { on: ({ type }) => (retries += type === 'action:retry' ? 1 : 0) }),
  )
  await until(() => retries >= 1)
  await other.query('alter table public.users add column phone text')
  await other.query('commit')
  expect(await switching).toMatchObject({ code: 'drift-found', exitCode: 6, state: { kind: 'rolled-back' } })
  expect(
    await other.rows(
      `select oid::regclass::text as name, relkind::text as kind from pg_class where relname = 'users' order by 1`,
    ),
  ).toEqual([
    { name: 'accounts.users', kind: 'v' },
    { name: 'users', kind: 'r' },
  ])
  await run(plan, [1])
  await run(plan, [2])
  expect(await problems(plan)).toEqual([])
})

test('a column added after the switch: the old name gets it when the phase is run again, and rollback works', async () => {
  await using database = await sampleDatabase('drift_after')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1, 2])
  await using client = await connect(database.url)
  await client.query(`alter table accounts.users add column phone text default 'none'`)
  expect((await problems(plan)).join('\n')).toMatch(/columns of view and table differ/)
  expect((await run(plan, [2])).outcomes).toMatchObject([{ outcome: 'done' }])
  await client.query(
    `insert into public.users (email, phone) values ('one@example.org', '1'), ('two@example.org', default)`,
  )
  expect(
    await client.rows(`select phone from public.users where email ~ '^(one|two)' order by email`),
  ).toEqual([{ phone: '1' }, { phone: 'none' }])
  expect(await problems(plan)).toEqual([])
  await undo(plan, { to: 0 })
  expect(await client.value(`select count(*)::int from public.users where phone is not null`)).toBe(22)
})

test('a column dropped is seen as well: the facade cannot follow, and says so', async () => {
  await using database = await sampleDatabase('drift_drop')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1])
  await expect(sql(database.url, 'alter table public.users drop column note')).rejects.toMatchObject({
    code: '2BP01',
  })
})
