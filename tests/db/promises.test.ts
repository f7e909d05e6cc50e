import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { envelope } from '../../src/engine/envelope.ts'
import { leaseLock } from '../../src/journal/lease.ts'
import { readServer } from '../../src/pg/server.ts'
import { Session } from '../../src/pg/session.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { failureOf, run } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

// Each of these fails when one line of the code is left out, by what the server says and not by a clock.

describe('a runner that was replaced', () => {
  let database: FreshDatabase
  let plan: Plan
  beforeAll(async () => {
    database = await sampleDatabase('promises')
    plan = planFor(database.url, samplePlan)
    await run(plan, [1])
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
  })

  test('between its journal row and its change changes nothing: the change itself begins with the fence', async () => {
    await sql(
      database.url,
      `create function migrate.replace_runner() returns trigger language plpgsql as
         'begin update migrate.leases set epoch = epoch + 1; return null; end';
       create trigger replaced after update of state on migrate.steps for each row
         when (new.kind = 'switch-tables' and new.state = 'running') execute function migrate.replace_runner()`,
    )
    expect((await failureOf(run(plan, [2]))).code).toBe('lease-lost')
    expect(
      await rowsOf(database.url, `select relkind from pg_class where oid = 'public.users'::regclass`),
    ).toEqual([{ relkind: 'r' }])
    await sql(database.url, 'drop trigger replaced on migrate.steps; drop function migrate.replace_runner()')
  })

  test('and is connected but silent has its session ended', async () => {
    await using frozen = await connect(database.url, 'migrate/shop/lease')
    await frozen.query('select pg_advisory_lock(hashtext($2), hashtext($1))', [plan.name, leaseLock])
    await sql(
      database.url,
      `update migrate.leases set host = 'elsewhere', backend_pid = ${frozen.pid}, released_at = null,
              heartbeat_at = now() - interval '1 minute'`,
    )
    await run(plan, [2])
    await expect(frozen.query('select 1')).rejects.toThrow()
  })

  test('cannot begin a second run beside an active one, lease or not', async () => {
    const again = `insert into migrate.runs (plan, hash, structure, system_identifier, database_oid, database_name, tool_version, began_by)
      select plan, hash, structure, system_identifier, database_oid, database_name, tool_version, began_by from migrate.runs`
    await expect(sql(database.url, again)).rejects.toMatchObject({
      code: '23505',
      constraint: 'runs_one_active',
    })
  })
})

describe('the limits of a transaction that locks tables', () => {
  let database: FreshDatabase
  let session: Session
  const tables = ['first', 'second'].map((name) => ({ schema: 'public', name }))
  beforeAll(async () => {
    database = await freshDatabase('limits')
    await sql(database.url, 'create table public.first (id int); create table public.second (id int)')
    session = await Session.connect({ alias: 'db', url: database.url }, 'migrate/shop/test')
  })
  afterAll(async () => {
    await session.close()
    await database[Symbol.asyncDispose]()
  })

  async function script(statements: readonly string[]): Promise<void> {
    const server = await readServer(session)
    const limits = { lockTimeoutMs: 400, budgetMs: 400, server }
    try {
      await session.script(envelope({ before: [], lockFirst: tables, statements }, [], limits))
    } catch (error) {
      await session.script('rollback')
      throw error
    }
  }

  test('the locks are bounded together: what ends the waiting is statement_timeout, before lock_timeout would', async () => {
    await using holder = await connect(database.url, 'holder')
    await holder.query('begin; select from public.second')
    await expect(script([])).rejects.toMatchObject({ code: '57014' })
    await holder.query('commit')
  })

  test('once the tables are held, another lock is waited for 20 ms at most', async () => {
    await script([
      `select pg_catalog.set_config('promise.held', pg_catalog.current_setting('lock_timeout'), false)`,
    ])
    expect(await session.one(`select current_setting('promise.held') as held`)).toEqual({ held: '20ms' })
  })

  test('tables are locked in the order given, so that the one that refers to others comes first', async () => {
    await using holder = await connect(database.url, 'holder')
    await holder.query('begin; select from public.first')
    const waiting = script([]).catch(() => undefined)
    await until(async () => {
      const [seen] = await rowsOf<{ held: string[] | null; awaited: string[] | null }>(
        database.url,
        `select array_agg(relation::regclass::text) filter (where granted) as held, array_agg(relation::regclass::text) filter (where not granted) as awaited
           from pg_locks where mode = 'AccessExclusiveLock' and locktype = 'relation' and relation in ('public.first'::regclass, 'public.second'::regclass)`,
      )
      return seen !== undefined && seen.held === null && seen.awaited?.[0] === 'first'
    })
    await holder.query('commit')
    await waiting
  })
})
