import { expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { failureOf, problems, run, undo } from '../support/run.ts'
import { findingsOf } from './findings.ts'

const structure = 'create table public.t (id serial primary key, note text)'

test('publications of the table and of its schema go on publishing it, there and back', async () => {
  await using database = await freshDatabase('publications')
  const ofSchema =
    sharedCluster().major < 15 ? '' : 'create publication of_schema for tables in schema public;'
  await sql(
    database.url,
    `${structure}; create publication of_table for table public.t; ${ofSchema} create publication of_all for all tables`,
  )
  const published = async (): Promise<unknown> =>
    rowsOf(
      database.url,
      `select pubname, schemaname from pg_publication_tables where tablename = 't' order by 1`,
    )
  const names = sharedCluster().major < 15 ? ['of_all', 'of_table'] : ['of_all', 'of_schema', 'of_table']
  const all = (schemaname: string): unknown => names.map((pubname) => ({ pubname, schemaname }))
  const plan = planFor(database.url, { services: { s: ['t'] } })
  expect(await published()).toEqual(all('public'))
  const told = (await findingsOf(plan)).filter(({ rule }) => rule === 'publication').map(({ on }) => on)
  expect(told.toSorted()).toEqual(names)
  await run(plan, [1, 2])
  expect(await published()).toEqual(all('s'))
  await undo(plan, { to: 0 })
  expect(await published()).toEqual(all('public'))
  expect(
    await rowsOf(
      database.url,
      `select pubname from pg_publication_rel join pg_publication p on p.oid = prpubid`,
    ),
  ).toEqual([{ pubname: 'of_table' }])
})

test('a subscriber keeps the move out until that is acknowledged; told the new name, it loses no row', async () => {
  await using publisher = await freshDatabase('publisher')
  await using subscriber = await freshDatabase('subscriber')
  const name = publisher.name
  await sql(publisher.url, `${structure}; create publication feed for table public.t`)
  await sql(publisher.url, `select pg_create_logical_replication_slot('${name}', 'pgoutput')`)
  await sql(subscriber.url, structure)
  // In one server a subscription cannot make its slot itself: it would wait for its own transaction.
  await sql(
    subscriber.url,
    `create subscription ${name} connection '${publisher.url}' publication feed
       with (create_slot = false, slot_name = '${name}', copy_data = false)`,
  )
  try {
    await using client = await connect(publisher.url)
    const arrived = async (schema: string): Promise<string[]> =>
      (await rowsOf<{ note: string }>(subscriber.url, `select note from ${schema}.t order by id`)).map(
        ({ note }) => note,
      )
    await client.query(`insert into public.t (note) values ('before')`)
    await until(async () => (await arrived('public')).length === 1)

    const sketch = { services: { s: ['t'] } }
    const refused = await failureOf(run(planFor(publisher.url, sketch), [1]))
    expect(refused.code).toBe('preflight-refused')
    expect([refused.message, ...refused.detail].join('\n')).toContain(`logical slot ${name}`)
    // The subscriber's side: the apply worker could not write into a view, so the table is refused there too.
    const there = await failureOf(run(planFor(subscriber.url, sketch), [1]))
    expect([there.message, ...there.detail].join('\n')).toMatch(/subscription .* writes into it/)

    const plan = planFor(publisher.url, {
      ...sketch,
      allow: [{ rule: 'logical-replication', on: name, because: 'the subscriber is moved right after' }],
    })
    await run(plan, [1, 2])
    await client.query(
      `insert into public.t (note) values ('by the old name'); insert into s.t (note) values ('by the new name')`,
    )
    const workers = `select from pg_stat_subscription where subname = '${name}' and pid is not null`
    await until(
      async () => (await rowsOf(subscriber.url, workers)).length === 0,
      30_000,
      'the end of the apply worker',
    )
    expect(await arrived('public')).toEqual(['before'])
    await sql(subscriber.url, 'create schema s; alter table public.t set schema s')
    await until(async () => (await arrived('s')).length === 3, 30_000, 'all rows at the subscriber')
    expect(await arrived('s')).toEqual(['before', 'by the old name', 'by the new name'])
    expect(await problems(plan)).toEqual([])
  } finally {
    await sql(subscriber.url, `alter subscription ${name} disable`)
    await sql(subscriber.url, `alter subscription ${name} set (slot_name = none)`)
    await sql(subscriber.url, `drop subscription ${name}`)
    const drop = `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${name}' and not active`
    await until(async () => (await rowsOf(publisher.url, drop)).length === 1, 30_000, 'a slot that is free')
  }
})
