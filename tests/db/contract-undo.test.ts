import { describe, expect, test } from '@jest/globals'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dump, dumpAll } from '../support/dump.ts'
import { phasesOf, planFor, type PlanSketch, uncounted } from '../support/plan.ts'
import { failureOf, problems, remove, run, surveyed, undo } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

describe('contract undone', () => {
  test('makes the old names again as they were, and everything before it can be undone too', async () => {
    await using database = await sampleDatabase('recall')
    const plan = planFor(database.url, samplePlan)
    const { expand, switches, contract } = phasesOf(plan)
    const before = await dumpAll(database.url)
    await run(plan, [expand, ...switches])
    const switched = await dumpAll(database.url)
    for (let round = 0; round < 2; round++) {
      await run(plan, [contract])
      expect((await surveyed(plan)).journal?.run.state).toBe('completed')
      expect((await undo(plan, { phase: contract })).outcomes.map(({ number }) => number)).toEqual([contract])
      expect((await surveyed(plan)).journal?.run.state).toBe('active')
      expect(await dumpAll(database.url)).toBe(switched)
      expect(await problems(plan)).toEqual([])
    }
    await run(plan, [contract])
    await undo(plan, { to: 0 })
    expect(await dumpAll(database.url)).toBe(before)
    expect(await remove(plan)).toBe(true)
    expect(await dump(database.url, { rows: true })).toBe(before)
  })

  test('keeps what was written since, and goes on counting', async () => {
    await using database = await sampleDatabase('recall')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1, 2, 3, 4])
    await sql(database.url, `insert into accounts.users (email) values ('later@example.org')`)
    await undo(plan, { phase: 4 })
    await using client = await connect(database.url)
    expect(
      await client.value(`select count(*)::int from public.users where email = 'later@example.org'`),
    ).toBe(1)
    expect(
      await client.value(`insert into public.users (email) values ('old@example.org') returning id`),
    ).toBe(22)
    expect(await client.value(`select pg_get_serial_sequence('public.users', 'id')`)).toBe(
      'public.users_id_seq',
    )
    expect((await surveyed(plan)).facts.tables.every(({ location }) => location.isWatched)).toBe(true)
  })

  test('with other policies', async () => {
    await using database = await freshDatabase('recall')
    await sql(
      database.url,
      `create table users (id serial primary key, email text unique); create table jobs (id serial constraint the_key primary key, note text);
       create function note_of(users) returns text language sql as 'select $1.email'; insert into users (email) values ('a'); insert into jobs (note) values ('b')`,
    )
    const sketch: PlanSketch = {
      services: {
        accounts: { tables: ['users'], compat: 'none' },
        work: { tables: ['jobs'], compat: 'shell' },
      },
      allow: uncounted('public.jobs'),
    }
    const plan = planFor(database.url, sketch)
    const { expand, switches, contract } = phasesOf(plan)
    const before = await dumpAll(database.url)
    await run(plan, [expand, ...switches])
    expect(
      await rowsOf(
        database.url,
        `insert into public.jobs values (1, 'c') on conflict on constraint the_key do update set note = excluded.note returning note`,
      ),
    ).toEqual([{ note: 'c' }])
    await sql(database.url, `update public.jobs set note = 'b'`)
    const switched = await dumpAll(database.url)
    await run(plan, [contract])
    await undo(plan, { phase: contract })
    expect(await dumpAll(database.url)).toBe(switched)
    await run(plan, [contract])
    await undo(plan, { to: 0 })
    expect(await dumpAll(database.url)).toBe(before)
  })
})

describe('the way back is refused with nothing changed', () => {
  test.each([
    ['a relation', 'create table public.users ()', 4, /public.users/],
    ['an index', 'create index users_pkey on public.audit (line)', 0, /public.users_pkey/],
    ['an array type', 'create type public._orders as enum ()', 0, /_orders/],
  ])('when %s has taken a name since', async (_name, change, to, reason) => {
    await using database = await sampleDatabase('taken')
    const plan = planFor(database.url, samplePlan)
    await run(plan, to === 4 ? [1, 2, 3, 4] : [1, 2, 3])
    await sql(database.url, change)
    const changed = await dumpAll(database.url)
    const refused = await failureOf(undo(plan, to === 4 ? { phase: 4 } : { to: 0 }))
    expect(refused.code).toBe('preflight-refused')
    expect([refused.message, ...refused.detail].join()).toMatch(reason)
    expect(await dumpAll(database.url)).toBe(changed)
  })

  test('when partitions were made below a shell', async () => {
    await using database = await freshDatabase('taken')
    await sql(
      database.url,
      `create table jobs (id serial primary key, note text); insert into jobs (note) values ('a')`,
    )
    const plan = planFor(database.url, {
      services: { work: { tables: ['jobs'], compat: 'shell' } },
      allow: uncounted('public.jobs'),
    })
    await run(plan, [1, 2])
    await sql(
      database.url,
      `create table public.jobs_42 partition of public.jobs for values in (42); insert into public.jobs values (42, 'kept')`,
    )
    expect((await failureOf(undo(plan, { phase: 2 }))).code).toBe('drift-found')
    expect(await rowsOf(database.url, 'select count(*)::int as n from public.jobs')).toEqual([{ n: 2 }])
    expect((await failureOf(run(plan, [2, 3]))).code).toBe('drift-found')
    expect(await rowsOf(database.url, 'select count(*)::int as n from public.jobs')).toEqual([{ n: 2 }])
    await sql(database.url, 'alter table public.jobs detach partition public.jobs_42')
    await undo(plan, { to: 0 })
  })
})
