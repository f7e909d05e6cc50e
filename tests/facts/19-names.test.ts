import { expect, test } from '@jest/globals'
import { connect, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { testSince } from '../support/needing.ts'
import { planFor } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'

test('a session with a temporary table of the same name goes on using that', async () => {
  await using database = await freshDatabase('temporary')
  await sql(database.url, `create table public.t (id integer primary key); insert into public.t values (1)`)
  await using client = await connect(database.url)
  await client.query('create temporary table t (id integer, own text)')
  await client.query(`insert into t values (2, 'mine')`)
  const plan = planFor(database.url, { services: { s: ['t'] } })
  for (const change of [() => run(plan, [1, 2]), () => undo(plan, { phase: 2 }), () => run(plan, [2, 3])]) {
    await change()
    expect(await client.rows('select * from t')).toEqual([{ id: 2, own: 'mine' }])
  }
  await client.query('drop table t')
  expect(await client.rows('select * from s.t')).toEqual([{ id: 1 }])
})

testSince(18)('virtual generated columns are the same by both names, there and back', async () => {
  await using database = await freshDatabase('virtual')
  await sql(
    database.url,
    `create table public.t (id integer primary key, net integer, gross integer generated always as (net * 2) virtual);
     insert into public.t (id, net) values (1, 10)`,
  )
  const plan = planFor(database.url, { services: { s: ['t'] } })
  const before = await dumpAll(database.url)
  await using client = await connect(database.url)
  for (const change of [() => run(plan, [1]), () => run(plan, [2])]) {
    await change()
    for (const name of ['public.t', 's.t']) {
      await client.query(`begin; update ${name} set net = 11 where gross = 20`)
      expect(await client.rows(`insert into ${name} (id, net) values (2, 3) returning gross`)).toEqual([
        { gross: 6 },
      ])
      expect(await client.rows(`select id, gross from ${name} order by id`)).toEqual([
        { id: 1, gross: 22 },
        { id: 2, gross: 6 },
      ])
      await client.query('rollback')
    }
  }
  expect(await problems(plan)).toEqual([])
  await undo(plan, { to: 0 })
  expect(await dumpAll(database.url)).toBe(before)
})
