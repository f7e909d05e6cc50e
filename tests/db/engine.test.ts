import { describe, expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dump, dumpAll, journalStates, runnersOf } from '../support/dump.ts'
import { phasesOf, planFor } from '../support/plan.ts'
import { eventsOf, failureOf, problems, remove, run, surveyed, undo } from '../support/run.ts'
import { sampleDatabase, samplePlan, sampleTables } from '../support/sample.ts'

describe('there and back', () => {
  test('execute, rollback --to 0 and uninstall leave the database as it was', async () => {
    await using database = await sampleDatabase('back')
    const plan = planFor(database.url, samplePlan)
    const before = await dumpAll(database.url)
    const { switches } = phasesOf(plan)

    await run(plan, [1])
    expect(await problems(plan)).toEqual([])
    await run(plan, switches)
    expect(await problems(plan)).toEqual([])
    expect((await undo(plan, { to: 0 })).outcomes.map(({ number }) => number)).toEqual([3, 2, 1])
    expect(await dumpAll(database.url)).toBe(before)
    expect(await remove(plan)).toBe(true)

    expect(await dump(database.url, { rows: true })).toBe(before)
    expect(await rowsOf(database.url, ours)).toEqual([])
    expect(await remove(plan)).toBe(false)
    expect(await runnersOf(database.url)).toEqual([])
  })

  test('the whole way: contract leaves what a schema made there would be, and no object of ours', async () => {
    await using database = await sampleDatabase('whole')
    const plan = planFor(database.url, samplePlan)
    const rows = await contents(database.url, (table) => `public.${table}`)
    const { outcomes } = await run(plan, [1, 2, 3, 4])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', 'done'])
    expect(await problems(plan)).toEqual([])
    expect(await contents(database.url, home)).toEqual(rows)
    expect(await remove(plan)).toBe(true)
    expect(await rowsOf(database.url, `${ours} and nspname not in ('accounts', 'sales')`)).toEqual([])
    expect(
      await rowsOf(
        database.url,
        `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r','p','v','S') order by 1`,
      ),
    ).toEqual(['audit', 'audit_id_seq', 'user_totals'].map((relname) => ({ relname })))
  })

  test('what was written by new names is there by the old ones after rollback, and the other way round', async () => {
    await using database = await sampleDatabase('written')
    const plan = planFor(database.url, samplePlan)
    await using client = await connect(database.url)
    await run(plan, [1])
    await client.query(`insert into accounts.users (email) values ('facade@example.org')`)
    await run(plan, [2])
    await client.query(`insert into accounts.users (email) values ('new@example.org')`)
    await client.query(`insert into public.users (email) values ('old@example.org')`)
    await client.query(`alter table accounts.users add column later integer default 7`)
    await client.query(`create index users_later on accounts.users (later)`)
    await undo(plan, { to: 0 })
    expect(
      await client.rows(`select email, state, later from users where email !~ '^user' order by id`),
    ).toEqual([
      { email: 'facade@example.org', state: 'new', later: 7 },
      { email: 'new@example.org', state: 'new', later: 7 },
      { email: 'old@example.org', state: 'new', later: 7 },
    ])
    expect(await client.value(`select to_regclass('public.users_later') is not null`)).toBe(true)
  })

  test('forth and back again and again', async () => {
    await using database = await sampleDatabase('again')
    const plan = planFor(database.url, samplePlan)
    const before = await dumpAll(database.url)
    await run(plan, [1, 2, 3])
    const switched = await dumpAll(database.url)
    for (let round = 0; round < 3; round++) {
      await undo(plan, { to: round === 1 ? 0 : 1 })
      await run(plan, [1, 2, 3])
      expect(await dumpAll(database.url)).toBe(switched)
    }
    await undo(plan, { to: 0 })
    expect(await dumpAll(database.url)).toBe(before)
  })
})

describe('the order of phases', () => {
  test('is kept forward and back, and nothing is changed by what is refused', async () => {
    await using database = await sampleDatabase('order')
    const plan = planFor(database.url, samplePlan)
    const before = await dump(database.url, { rows: true })
    const refused = async (doing: Promise<unknown>): Promise<[string, number]> => {
      const { code, exitCode } = await failureOf(doing)
      return [code, exitCode]
    }
    expect(await refused(run(plan, [2]))).toEqual(['phase-out-of-order', 4])
    expect(await refused(run(plan, [4]))).toEqual(['phase-out-of-order', 4])
    expect(await refused(undo(plan, { phase: 1 }))).toEqual(['phase-not-run', 4])
    expect((await undo(plan, { to: 0 })).outcomes).toEqual([])
    expect(await dump(database.url, { rows: true })).toBe(before)

    await run(plan, [1, 2])
    const switched = await dumpAll(database.url)
    expect(await refused(run(plan, [4]))).toEqual(['phase-out-of-order', 4])
    expect(await refused(undo(plan, { phase: 1 }))).toEqual(['phase-out-of-order', 4])
    expect(await refused(undo(plan, { phase: 3 }))).toEqual(['phase-not-run', 4])
    expect((await failureOf(remove(plan))).code).toBe('run-standing')
    expect(await dumpAll(database.url)).toBe(switched)

    await run(plan, [3, 4])
    const contracted = await dumpAll(database.url)
    expect(await refused(undo(plan, { phase: 2 }))).toEqual(['phase-out-of-order', 4])
    expect(await dumpAll(database.url)).toBe(contracted)
  })

  test('a phase that is done is looked at and left alone', async () => {
    await using database = await sampleDatabase('done')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1, 2])
    const states = await journalStates(database.url)
    const before = await dumpAll(database.url)
    const { outcomes, events } = await run(plan, [1, 2])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['was-done', 'was-done'])
    expect(eventsOf(events, 'action:start')).toEqual([])
    expect(await journalStates(database.url)).toEqual(states)
    expect(await dumpAll(database.url)).toBe(before)
    await run(plan, [3, 4])
    expect((await run(plan, [1, 2, 3, 4])).outcomes.every(({ outcome }) => outcome === 'was-done')).toBe(true)
  })
})

describe('identity', () => {
  test('a plan that changed since its run began is refused, until everything is rolled back', async () => {
    await using database = await sampleDatabase('changed')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    const changed = planFor(database.url, { services: { accounts: ['users'], sales: ['orders'] } })
    const failure = await failureOf(run(changed, [2]))
    expect(failure).toMatchObject({ code: 'plan-changed', exitCode: 3 })
    expect(failure.detail.join('\n')).toMatch(/^-.*events/m)
    expect((await failureOf(undo(changed, { to: 0 }))).code).toBe('plan-changed')
    await undo(plan, { to: 0 })
    await run(changed, [1, 2, 3])
    expect(await problems(changed)).toEqual([])
  })

  test('a copy of the database is not the database the run began on', async () => {
    await using database = await sampleDatabase('identity')
    await run(planFor(database.url, samplePlan), [1, 2])
    await using copy = await freshDatabase('identity_copy', database.name)
    const plan = planFor(copy.url, samplePlan)
    const before = await dump(copy.url, { rows: true })
    expect(await failureOf(run(plan, [3]))).toMatchObject({ code: 'identity-changed', exitCode: 4 })
    expect((await failureOf(undo(plan, { to: 0 }))).code).toBe('identity-changed')
    expect((await failureOf(surveyed(plan))).code).toBe('identity-changed')
    expect((await failureOf(remove(plan))).code).toBe('run-standing')
    expect(await dump(copy.url, { rows: true })).toBe(before)
    expect(await remove(plan, { forget: true })).toBe(true)
    expect(await rowsOf(copy.url, `select from pg_namespace where nspname = 'migrate'`)).toEqual([])
    await run(planFor(database.url, samplePlan), [3])
  })

  test('a journal written by a newer version is refused by everything', async () => {
    await using database = await sampleDatabase('newer')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    await sql(
      database.url,
      `insert into migrate.pgmigrations (name, run_on) values ('9999_from_the_future', now())`,
    )
    const before = await dump(database.url, { rows: true })
    for (const doing of [run(plan, [2]), undo(plan, { to: 0 }), surveyed(plan), remove(plan)])
      expect(await failureOf(doing)).toMatchObject({ code: 'journal-newer', exitCode: 4 })
    expect(await dump(database.url, { rows: true })).toBe(before)
  })

  test('a schema named like the journal that is not one is left alone', async () => {
    await using database = await sampleDatabase('foreign')
    await sql(database.url, 'create schema migrate; create table migrate.mine (x integer)')
    const plan = planFor(database.url, samplePlan)
    expect((await failureOf(run(plan, [1]))).code).toBe('journal-foreign')
    expect((await failureOf(remove(plan))).code).toBe('journal-foreign')
    expect(await rowsOf(database.url, 'select * from migrate.mine')).toEqual([])
    await sharedCluster().sql(database.name, 'drop schema migrate cascade')
    await run(plan, [1])
  })
})

/** Schemas that are ours while a move goes on. */
const ours = `select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')`

function home(table: string): string {
  return table === 'users' ? 'accounts.users' : `sales.${table}`
}

async function contents(url: string, name: (table: string) => string): Promise<unknown[]> {
  const all = await Promise.all(
    sampleTables.map((table) =>
      rowsOf(url, `select '${table}' as t, r.* from ${name(table)} r order by 2, 3`),
    ),
  )
  return all.flat()
}
