import { expect, test } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { failureOf, run, surveyed, undo } from '../support/run.ts'

/** One sequence for two tables of a service, one for tables of two services, one for a table that stays. */
const schema = `
  create sequence pair; create sequence wide; create sequence half;
  create table a (id integer primary key default nextval('pair'), w integer default nextval('wide'), h integer default nextval('half'));
  create table b (id integer primary key default nextval('pair'));
  create table c (id integer primary key default nextval('wide'));
  create table stays (id integer primary key default nextval('half'));
  insert into a default values; insert into b default values; insert into c default values;`

const sketch: PlanSketch = { services: { one: ['a', 'b'], two: ['c'] } }

const at = (url: string): Promise<unknown[]> =>
  rowsOf(
    url,
    `select oid::regclass::text as name from pg_class where relkind = 'S' and relname in ('pair', 'wide', 'half') order by 1`,
  )

test('a sequence that no column owns goes with the tables of its service at contract, and comes back', async () => {
  await using database = await freshDatabase('sequences')
  await sql(database.url, schema)
  const before = await dumpAll(database.url)
  const plan = planFor(database.url, sketch)
  expect((await surveyed(plan)).facts.sequences.staying.map(({ name }) => name)).toEqual(['half', 'wide'])
  await run(plan, [1, 2, 3])
  expect(await at(database.url)).toEqual([{ name: 'half' }, { name: 'pair' }, { name: 'wide' }])
  await run(plan, [4])
  expect(await at(database.url)).toEqual([{ name: 'half' }, { name: 'one.pair' }, { name: 'wide' }])
  expect(await rowsOf(database.url, 'insert into one.b default values returning id')).toEqual([{ id: 3 }])
  await undo(plan, { to: 0 })
  await sql(database.url, `delete from b where id = 3; select setval('pair', 2)`)
  expect(await dumpAll(database.url)).toBe(before)
})

test('a name that is taken where it would go is refused at once', async () => {
  await using database = await freshDatabase('sequences')
  await sql(database.url, `${schema} create schema one; create table one.pair (id integer)`)
  const allow = [{ rule: 'target-schema-exists', on: 'one', because: 'test' }]
  expect((await failureOf(run(planFor(database.url, { ...sketch, allow }), [1]))).message).toMatch(
    /sequence-name-taken on public.pair/,
  )
})

test('one that was in the new schema all the time stays there', async () => {
  await using database = await freshDatabase('sequences')
  await sql(
    database.url,
    `create schema one; create sequence one.own; create table a (id integer primary key default nextval('one.own'))`,
  )
  const before = await dumpAll(database.url)
  const allow = [{ rule: 'target-schema-exists', on: 'one', because: 'test' }]
  const plan = planFor(database.url, { services: { one: ['a'] }, allow })
  await run(plan, [1, 2, 3])
  await undo(plan, { to: 0 })
  expect(await dumpAll(database.url)).toBe(before)
})
