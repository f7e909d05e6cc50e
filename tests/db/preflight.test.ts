import { describe, expect, test } from '@jest/globals'
import { diagnose, wholeSchemaPlan } from '../../src/engine/doctor.ts'
import { openWorkspace } from '../../src/engine/workspace.ts'
import type { Finding } from '../../src/survey/finding.ts'
import { connect, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { until } from '../support/process.ts'
import { planFor } from '../support/plan.ts'
import { eventsOf, run } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

async function findings(url: string): Promise<readonly Finding[]> {
  const workspace = await openWorkspace(wholeSchemaPlan(url, 'public', 'moved'), 'doctor')
  try {
    return (await diagnose(workspace)).findings
  } finally {
    await workspace.session.close()
  }
}

/** `rule object` of what blocks or warns. */
function loud(found: readonly Finding[]): string[] {
  return found.filter(({ severity }) => severity !== 'info').map(({ rule, on }) => `${rule} ${on}`)
}

describe('a property of a table is found', () => {
  test.each([
    ['deferrable-constraint', 'create table t (id integer unique deferrable)'],
    ['dependent', 'create table t (id integer); create view v as select id from t'],
    ['identity-sequence', 'create table t (id integer generated always as identity)'],
    ['defaults-copied', 'create table t (id integer default 3)'],
    ['schema-usage', 'create table t (id integer); grant select on t to public'],
    ['unusual-table', 'create unlogged table t (id integer)'],
    ['unusual-table', 'create type shape as (id integer); create table t of shape'],
    [
      'name-shadowed',
      'create table t (id integer); create view v as select; create schema moved; create view moved.v as select',
    ],
    [
      'invalid-index',
      `create table t (id integer); create index i on t (id); update pg_index set indisvalid = false where indexrelid = 'i'::regclass`,
    ],
    [
      'registered-by-name',
      `create table t (id integer); create schema _timescaledb_catalog;
       create table _timescaledb_catalog.hypertable as select 'public' as schema_name, 't' as table_name`,
    ],
  ])('%s', async (rule, structure) => {
    await using database = await freshDatabase('doctor')
    await sql(database.url, structure)
    const found = await findings(database.url)
    expect(found.filter((finding) => finding.rule === rule)).toHaveLength(1)
    expect(found.find((finding) => finding.rule === rule)?.code).toMatch(/^PF-\d+$/)
    expect(found.find((finding) => finding.rule === rule)).toMatchObject({
      on: rule === 'schema-usage' ? 'moved' : 'public.t',
    })
  })
})

describe('who holds a table now is found', () => {
  test('a transaction older than the stall budget, by its pid', async () => {
    await using database = await sampleDatabase('doctor')
    await using client = await connect(database.url, 'slow report')
    await client.query('begin; select from public.users')
    await until(async () => loud(await findings(database.url)).includes(`long-transaction pid ${client.pid}`))
    await client.query('commit')
    expect(loud(await findings(database.url)).filter((line) => line.startsWith('long-'))).toEqual([])
  })

  test('a transaction prepared for two-phase commit', async () => {
    await using database = await sampleDatabase('doctor')
    const name = `two phases in ${database.name}`
    await using client = await connect(database.url)
    await client.query(
      `begin; update public.users set note = 'x' where id = 1; prepare transaction '${name}'`,
    )
    const found = await findings(database.url)
    await client.query(`rollback prepared '${name}'`)
    expect(found.find(({ rule }) => rule === 'lasting-lock')).toMatchObject({
      on: 'public.users',
      severity: 'error',
      remedy: `commit prepared '${name}', or rollback prepared '${name}'`,
    })
    expect(loud(await findings(database.url)).filter((line) => line.startsWith('lasting'))).toEqual([])
  })

  test('an index that is being built, behind a transaction it waits for', async () => {
    await using database = await sampleDatabase('doctor')
    await using other = await connect(database.url)
    await using builder = await connect(database.url)
    await other.query('begin isolation level repeatable read; select from public.audit')
    const building = builder.query('create index concurrently users_state on public.users (state)')
    await until(async () => (await findings(database.url)).some(({ rule }) => rule === 'lasting-lock'))
    await other.query('commit')
    await building
  })

  test('sessions that foreign tables elsewhere have opened', async () => {
    await using database = await sampleDatabase('doctor')
    await using client = await connect(database.url, 'postgres_fdw')
    await client.query('select 1')
    expect(loud(await findings(database.url)).some((line) => line.startsWith('foreign-access'))).toBe(true)
  })
})

test('a rule that may not be checked is a finding, not a pass and not a crash', async () => {
  await using database = await sampleDatabase('doctor')
  await sql(
    database.url,
    `create schema _timescaledb_catalog; create table _timescaledb_catalog.hypertable (schema_name text, table_name text);
     grant pg_read_all_settings to test_writer; grant execute on function pg_control_system() to test_writer`,
  )
  const url = database.url.replace(/\/\/[^@/]*@/, '//test_writer@')
  const found = await findings(url)
  const finding = found.find(({ rule }) => rule === 'registered-by-name')
  expect(finding).toMatchObject({ severity: 'error', on: 'test_writer' })
  expect(finding?.text).toMatch(/^registered-by-name could not be checked/)
})

test('a partition that was made since expand goes along, and is told of', async () => {
  await using database = await sampleDatabase('doctor')
  const plan = planFor(database.url, samplePlan)
  await run(plan, [1])
  await sql(
    database.url,
    `create table public.events_2026 partition of public.events for values from ('2026-01-01') to ('2027-01-01')`,
  )
  const { events } = await run(plan, [2, 3])
  expect(eventsOf(events, 'notice').map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^partition public\.events_2026 has come since the run began/),
  )
  await sql(database.url, `insert into public.events (at) values ('2026-06-01')`)
  await run(plan, [4])
  await using client = await connect(database.url)
  expect(
    await client.value(`select tableoid::regclass::text from sales.events where at = '2026-06-01'`),
  ).toBe('sales.events_2026')
})
