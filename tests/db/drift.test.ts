import { describe, expect, test } from '@jest/globals'
import { readStatus } from '../../src/engine/status.ts'
import { openWorkspace } from '../../src/engine/workspace.ts'
import type { Drift } from '../../src/journal/drift.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { failureOf, problems, run, undo } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

async function drift(plan: Plan): Promise<readonly Drift[]> {
  const workspace = await openWorkspace(plan, 'status')
  try {
    return (await readStatus(workspace)).drift
  } finally {
    await workspace.session.close()
  }
}

describe('a change of structure by others', () => {
  test('is reported with who, what and how, on tables, facades and what belongs to them', async () => {
    await using database = await sampleDatabase('drift')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    await using client = await connect(database.url, 'migrations of the app')
    const statements = [
      'alter table public.users add column phone text',
      'create index users_note on public.users (note)',
      'alter view accounts.users alter column state drop default',
      'create trigger t after insert on public.orders for each row execute function public.note_user()',
      'drop trigger t on public.orders',
      'alter table public.users rename column note to remark',
    ]
    for (const statement of statements) await client.query(statement)
    await client.query('create table public.unrelated (id integer); create temp table users (id integer)')
    const found = await drift(plan)
    expect(found.map(({ statement }) => statement)).toEqual(statements.toReversed())
    expect(
      found.every(({ application, role }) => application === 'migrations of the app' && role === 'postgres'),
    ).toBe(true)
    expect(found.at(-1)).toMatchObject({ tag: 'ALTER TABLE', object: 'public.users' })
  })

  test('is refused where the plan says so, and the plan may change its mind', async () => {
    await using database = await sampleDatabase('drift')
    const plan = planFor(database.url, { ...samplePlan, defaults: { onDrift: 'refuse' } })
    await run(plan, [1])
    await expect(sql(database.url, 'alter table public.users add column phone text')).rejects.toMatchObject({
      code: 'MG004',
    })
    await expect(sql(database.url, 'drop view accounts.users')).rejects.toMatchObject({ code: 'MG004' })
    await sql(database.url, 'create table public.unrelated (id integer); drop table public.unrelated')
    await run(plan, [2])
    await expect(sql(database.url, 'alter table accounts.users add column phone text')).rejects.toMatchObject(
      {
        code: 'MG004',
      },
    )
    const milder = planFor(database.url, samplePlan)
    await run(milder, [1])
    await sql(database.url, 'alter table public.orders add column more text')
    expect(await drift(milder)).toHaveLength(1)
  })

  test('is not looked for after contract, nor after the way back', async () => {
    await using database = await sampleDatabase('drift')
    const plan = planFor(database.url, samplePlan)
    const before = await dumpAll(database.url)
    await run(plan, [1, 2, 3, 4])
    expect(await rowsOf(database.url, 'select from pg_event_trigger')).toEqual([])
    await undo(plan, { phase: 4 })
    expect(await rowsOf(database.url, 'select from pg_event_trigger')).toHaveLength(2)
    await undo(plan, { to: 0 })
    expect(await rowsOf(database.url, 'select from pg_event_trigger')).toEqual([])
    expect(await dumpAll(database.url)).toBe(before)
  })
})

describe('what differs between a table and its facade stops the switch', () => {
  test.each([
    ['columns', 'alter table public.users add column phone text'],
    ['defaults', `alter table public.users alter column state set default 'other'`],
    // Before PostgreSQL 15 no view keeps it.
    ...(sharedCluster().major < 15
      ? []
      : [
          [
            'row security',
            'alter table public.users enable row level security; revoke select (id, email) on public.users from test_reader',
          ] as const,
        ]),
  ])('%s, until expand is run again', async (what, change) => {
    await using database = await sampleDatabase('drift')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    await sql(database.url, change)
    const changed = await dumpAll(database.url)
    const refused = await failureOf(run(plan, [2]))
    expect(refused.code).toBe('preflight-refused')
    expect([refused.message, ...refused.detail].join()).toContain(what)
    expect(await dumpAll(database.url)).toBe(changed)
    // What the table had before the run is gone: whoever meant that says so.
    const meant = planFor(database.url, {
      ...samplePlan,
      allow: [{ rule: 'parity', on: 'public.users', because: 'it was meant' }],
    })
    await run(meant, [1, 2])
    expect(await problems(meant)).toEqual([])
  })
})
