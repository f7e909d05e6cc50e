import { describe, expect, test } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { failureOf, problems, run, surveyed, undo } from '../support/run.ts'

/** Nine tables and a partitioned one: with one more partition they would not fit into one transaction. */
const schema = `
  create table events (id bigint not null, at date not null, body text, primary key (id, at)) partition by range (at);
  create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
  create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01') partition by list (id);
  create table events_2025_a partition of events_2025 for values in (1, 2, 3);
  ${Array.from({ length: 6 }, (_, n) => `create table t${n} (id integer primary key);`).join(' ')}
  insert into events select n, date '2024-06-01' + n * 100, 'x' from generate_series(1, 3) n;`

const more = (old: string, name: string): string =>
  `create table ${name} partition of ${old} for values from ('2026-01-01') to ('2027-01-01');
   insert into ${old} values (9, '2026-05-05', 'new')`

const sketch: PlanSketch = {
  services: { log: { tables: ['events', 't*'] } },
}

async function scene(): Promise<FreshDatabase> {
  const database = await freshDatabase('partitions')
  await sql(database.url, schema)
  return database
}

async function homes(database: FreshDatabase): Promise<string[]> {
  const rows = await rowsOf<{ at: string }>(
    database.url,
    `select format('%s %s', oid::regclass, relkind) as at from pg_class
      where relname ~ '^events' and relkind in ('r', 'p', 'v') and relnamespace in (select oid from pg_namespace where nspname in ('public', 'log'))
      order by (relkind = 'v'), 1`,
  )
  return rows.map(({ at }) => at)
}

const tables = (schema: string, names: readonly string[]): string[] =>
  names.map((name) => `${schema}${name} ${/^events(_2025)?$/.test(name) ? 'p' : 'r'}`)

describe('partitions that come while the tables move', () => {
  test('made by the old name between expand and switch, they go along, and come back', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    await sql(database.url, more('events', 'events_2026'))
    await sql(
      database.url,
      `create table events_2025_b partition of events_2025 for values in (4, 5); insert into events values (4, '2025-05-05', 'sub')`,
    )
    const before = (await dumpAll(database.url)).match(/CREATE TABLE .*/g)?.toSorted()
    await run(plan, [2])
    const all = ['events', 'events_2024', 'events_2025', 'events_2025_a', 'events_2025_b', 'events_2026']
    expect((await homes(database)).filter((at) => !at.endsWith(' v'))).toEqual(tables('log.', all))
    expect(await rowsOf(database.url, 'select id from public.events_2026')).toEqual([{ id: '9' }])
    expect(await problems(plan)).toEqual([])
    const { phases } = await surveyed(plan)
    expect(phases[1]!.steps.filter(({ kind }) => kind === 'switch-tables').map(({ id }) => id)).toEqual([
      'switch log',
    ])
    await undo(plan, { to: 0 })
    expect(await homes(database)).toEqual(tables('', all))
    expect((await dumpAll(database.url)).match(/CREATE TABLE .*/g)?.toSorted()).toEqual(before)
    expect(await rowsOf(database.url, 'select count(*)::integer as n from events')).toEqual([{ n: 5 }])
  })

  test('made by the new name after the switch, they come back with their table', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    await sql(database.url, more('log.events', 'log.events_2026'))
    expect(await problems(plan)).toEqual([])
    await undo(plan, { phase: 2 })
    expect(await homes(database)).toContain('events_2026 r')
    await run(plan, [2])
    expect(await homes(database)).toEqual(expect.arrayContaining(['log.events_2026 r', 'events_2026 v']))
    await run(plan, [3])
    await sql(database.url, `drop table log.events_2024`)
    await undo(plan, { to: 0 })
    expect(await homes(database)).toEqual(
      tables('', ['events', 'events_2025', 'events_2025_a', 'events_2026']),
    )
    expect(
      await rowsOf(database.url, `select from pg_namespace where nspname in ('log', 'migrate_stage')`),
    ).toEqual([])
  })

  test('made in the old schema after the switch, they have moved by the end of contract', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    await sql(database.url, more('log.events', 'public.events_2026'))
    await run(plan, [3])
    expect(await homes(database)).toEqual(
      tables('log.', ['events', 'events_2024', 'events_2025', 'events_2025_a', 'events_2026']),
    )
  })

  test('contract that has begun at the new name is undone with what was made there', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    await sql(database.url, more('log.events', 'log.events_2026'))
    await run(plan, [3])
    await undo(plan, { to: 0 })
    expect(await homes(database)).toContain('events_2026 r')
  })

  test('detached or dropped, they hold nothing up', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    await sql(
      database.url,
      'alter table events detach partition events_2024; drop table events_2025_a cascade',
    )
    await run(plan, [2])
    expect(await homes(database)).toEqual(
      expect.arrayContaining(tables('log.', ['events', 'events_2024', 'events_2025'])),
    )
    expect(await problems(plan)).toEqual([])
    await undo(plan, { to: 0 })
    expect(await homes(database)).toEqual(tables('', ['events', 'events_2024', 'events_2025']))
  })

  test('a name that is taken where it would go is refused, and nothing has moved', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    await sql(database.url, `${more('events', 'events_2026')}; create table log.events_2026 (id integer)`)
    const failure = await failureOf(run(plan, [2]))
    expect(failure.code).toBe('preflight-refused')
    expect(await homes(database)).toContain('events r'.replace(' r', ' p'))
    await sql(database.url, 'drop table log.events_2026')
    await run(plan, [2])
  })
})
