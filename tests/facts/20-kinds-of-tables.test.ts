import { describe, expect, test } from '@jest/globals'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { failureOf, problems, run, undo } from '../support/run.ts'
import { findingsOf, namedFindings } from './findings.ts'

test('typed and unlogged tables, deferrable and exclusion constraints, owners of their own: there, back, and on', async () => {
  await using database = await freshDatabase('kinds')
  await sql(
    database.url,
    `create type public.shape as (id integer, name text);
     create table public.typed of public.shape (primary key (id), name with options default 'x');
     create unlogged table public.unlogged (id serial primary key, at tsrange, exclude using gist (at with &&) deferrable initially deferred);
     create table public.deferred (id integer unique deferrable, typed integer references public.typed deferrable initially deferred);
     do $$ begin create role test_owner; exception when duplicate_object or unique_violation then null; end $$;
     alter table public.deferred owner to test_owner;
     insert into public.typed values (1)`,
  )
  const plan = planFor(database.url, { services: { s: ['typed', 'unlogged', 'deferred'] } })
  const found = await namedFindings(plan)
  for (const name of [
    'unusual-table public.typed',
    'unusual-table public.unlogged',
    'deferrable-constraint public.deferred',
  ])
    expect(found).toContain(name)
  const before = await dumpAll(database.url)
  await using client = await connect(database.url)
  for (const change of [() => run(plan, [1]), () => run(plan, [2])]) {
    await change()
    for (const schema of ['public', 's']) {
      await client.query(`begin; insert into ${schema}.deferred values (1, 2), (2, 1)`)
      await client.query(
        `update ${schema}.deferred set id = 3 - id; insert into ${schema}.typed (id) values (2)`,
      )
      await client.query('set constraints all immediate; rollback')
      await client.query(
        `begin; insert into ${schema}.unlogged (at) values ('[2024-01-01, 2024-01-03)'), ('[2024-01-02, 2024-01-04)')`,
      )
      await expect(client.query('commit')).rejects.toMatchObject({ code: '23P01' })
    }
  }
  expect(await problems(plan)).toEqual([])
  await undo(plan, { to: 0 })
  // Keys that were given and rolled back are not given again.
  const withoutPositions = (text: string): string => text.replaceAll(/^SELECT pg_catalog\.setval.*\n/gm, '')
  expect(withoutPositions(await dumpAll(database.url))).toBe(withoutPositions(before))
  await run(plan, [1, 2, 3])
  expect(await problems(plan)).toEqual([])
})

test('of a parent by inheritance it is told that ONLY will see the rows of its children', async () => {
  await using database = await freshDatabase('kinds')
  await sql(
    database.url,
    `create table public.parent (id integer); create table public.child () inherits (public.parent);
     insert into public.parent values (1); insert into public.child values (2)`,
  )
  const plan = planFor(database.url, { services: { s: ['parent'] } })
  expect((await findingsOf(plan)).filter(({ rule }) => rule === 'inheritance')).toMatchObject([
    { on: 'public.parent', severity: 'warning', text: expect.stringContaining('ONLY') },
  ])
  await run(plan, [1, 2])
  expect(await rowsOf(database.url, 'select id from only public.parent order by 1')).toEqual([
    { id: 1 },
    { id: 2 },
  ])
  expect(await rowsOf(database.url, 'select id from only s.parent')).toEqual([{ id: 1 }])
})

describe('refused, with nothing changed:', () => {
  test('a table that belongs to an extension', async () => {
    await using database = await freshDatabase('kinds')
    await sql(
      database.url,
      `create extension file_fdw; create table public.member (id integer); alter extension file_fdw add table public.member`,
    )
    const refused = await failureOf(run(planFor(database.url, { services: { s: ['member'] } }), [1]))
    expect(refused).toMatchObject({ code: 'preflight-refused', exitCode: 4 })
    expect([refused.message, ...refused.detail].join('\n')).toMatch(/belongs to extension file_fdw/)
    expect(await rowsOf(database.url, `select from pg_namespace where nspname in ('s', 'migrate')`)).toEqual(
      [],
    )
  })

  test.each(['pg_catalog', 'pg_toast', 'information_schema', 'pg_temp'])('into %s', (schema) => {
    expect(() => planFor('postgresql://h/d', { services: { s: { tables: ['t'], schema } } })).toThrow(
      /belongs to PostgreSQL/,
    )
  })
})
