import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { connect, rowsOf, sql } from '../support/client.ts'
import { startCluster, type Cluster } from '../support/cluster.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { failureOf, problems, run, surveyed, undo } from '../support/run.ts'
import type { Plan } from '../../src/plan/plan.ts'

const settings = {
  wal_level: 'logical',
  max_wal_senders: '20',
  max_replication_slots: '20',
  max_logical_replication_workers: '12',
  max_worker_processes: '24',
  // How soon an apply worker that has stopped is started again.
  wal_retrieve_retry_interval: '300ms',
}

const tables = `create table public.users (id serial primary key, token text);
  create table public.orders (id serial primary key, token text);
  create table public.events (id integer, at date, token text, primary key (id, at)) partition by range (at);
  create table public.events_2025 partition of public.events for values from ('2025-01-01') to ('2026-01-01');`

let publisher: Cluster
let subscriber: Cluster
let number = 0
let here: string
let there: string
let plan: Plan

const sketch = (more: Partial<PlanSketch> = {}): PlanSketch => ({
  services: { accounts: ['users'], sales: ['orders', 'events'] },
  phases: [{ name: 'all', switch: ['accounts', 'sales'] }],
  around: { subscribers: [there] },
  ...more,
})

beforeAll(async () => {
  ;[publisher, subscriber] = await Promise.all([startCluster({ settings }), startCluster({ settings })])
})

beforeEach(async () => {
  number += 1
  here = await publisher.createDatabase(`shop${number}`)
  there = await subscriber.createDatabase(`copy${number}`)
  await sql(here, `${tables} insert into users (token) values ('first')`)
  await sql(there, `${tables} grant select on public.users to public`)
  await sql(here, 'create publication everything for table users, orders, events')
  const source = new URL(here)
  const conninfo = `host=${source.hostname} port=${source.port} user=${source.username} dbname=shop${number}`
  await sql(there, `create subscription sub${number} connection '${conninfo}' publication everything`)
  await until(async () => {
    const rows = await rowsOf<{ ready: boolean }>(
      there,
      `select bool_and(srsubstate = 'r') as ready from pg_subscription_rel`,
    )
    return rows[0]!.ready
  })
  plan = planFor(here, sketch())
})

afterAll(async () => {
  await subscriber[Symbol.asyncDispose]()
  await publisher[Symbol.asyncDispose]()
})

/** Writers by names of the publisher and readers by the subscriber's old names, until they are stopped. */
function traffic(names: () => readonly string[]): AsyncDisposable & {
  work: () => Promise<void>
  stop: () => Promise<string[]>
} {
  const failures: string[] = []
  const stop = new AbortController()
  let written = 0
  const worker = async (url: string, turn: (n: number) => string): Promise<void> => {
    await using client = await connect(url, 'app')
    for (let n = 0; !stop.signal.aborted; n++)
      await client.query(turn(n)).then(
        () => (written += 1),
        (error: Error) => failures.push(`${turn(n)}: ${error.message}`),
      )
  }
  const pick = (n: number): string => names()[n % names().length]!
  const workers = [
    worker(here, (n) =>
      pick(n).endsWith('events')
        ? `insert into ${pick(n)} values (${n}, '2025-05-05', 'w') on conflict do nothing`
        : `insert into ${pick(n)} (token) values ('w${n}')`,
    ),
    worker(there, (n) => `select count(*) from public.${['users', 'orders'][n % 2]}`),
  ]
  const end = async (): Promise<string[]> => {
    stop.abort()
    await Promise.all(workers)
    return failures
  }
  return {
    stop: end,
    async [Symbol.asyncDispose]() {
      await end()
    },
    async work() {
      const before = written
      await until(() => Promise.resolve(written > before + 100))
    },
  }
}

/** All rows of all tables, wherever they are. */
async function content(url: string): Promise<string> {
  const found = await rowsOf<{ at: string; name: string }>(
    url,
    `select oid::regclass::text as at, relname as name from pg_class where relname in ('users', 'orders', 'events') and relkind in ('r', 'p') and relnamespace <> all (select oid from pg_namespace where nspname = 'migrate') order by 2`,
  )
  const rows = await Promise.all(
    found.map(async ({ at, name }) => [name, await rowsOf(url, `select * from ${at} order by 1, 2`)]),
  )
  return JSON.stringify(rows)
}

async function expectSame(): Promise<void> {
  await until(async () => (await content(here)) === (await content(there)))
}

const homes = async (url: string): Promise<string[]> =>
  (
    await rowsOf<{ at: string }>(
      url,
      `select oid::regclass::text as at from pg_class where relname in ('users', 'orders', 'events_2025') and relkind = 'r' order by relname`,
    )
  ).map(({ at }) => at)

describe('a logical subscriber that the plan names', () => {
  test('follows there and back and to the end, and loses nothing', async () => {
    let names: readonly string[] = ['public.users', 'public.orders', 'public.events']
    await run(plan, [1])
    await using load = traffic(() => names)
    await load.work()
    for (let round = 0; round < 2; round++) {
      await run(plan, [2])
      expect(await homes(there)).toEqual(['sales.events_2025', 'sales.orders', 'accounts.users'])
      names = ['accounts.users', 'public.users', 'sales.orders', 'public.orders', 'sales.events']
      await load.work()
      if (round === 1) break
      await undo(plan, { phase: 2 })
      expect(await homes(there)).toEqual(['events_2025', 'orders', 'users'])
      await load.work()
    }
    expect(await load.stop()).toEqual([])
    await expectSame()
    expect(await problems(plan)).toEqual([])
    await run(plan, [3])
    await expect(sql(there, 'select from public.users')).rejects.toMatchObject({ code: '42P01' })
    await undo(plan, { phase: 3 })
    await sql(there, 'select from public.users')
    await undo(plan, { to: 0 })
    await sql(here, `insert into public.orders (token) values ('last')`)
    await expectSame()
    expect(await rowsOf(there, `select from pg_namespace where nspname in ('accounts', 'sales')`)).toEqual([])
  })

  test('a runner that ended between the two moves is simply started again', async () => {
    await run(plan, [1])
    const stop = new AbortController()
    await failureOf(
      run(plan, [2], {
        signal: stop.signal,
        on: (event) => {
          if (event.type === 'step:end' && event.step === 'switch accounts') stop.abort('SIGTERM')
        },
      }),
    )
    expect(await homes(there)).toEqual(['events_2025', 'orders', 'users'])
    await sql(here, `insert into accounts.users (token) values ('meanwhile')`)
    await run(plan, [2])
    await expectSame()
    expect(await homes(there)).toEqual(['sales.events_2025', 'sales.orders', 'accounts.users'])
  })

  test('a move that is taken back before it was followed leaves changes by both names, which all arrive', async () => {
    await run(plan, [1])
    const stop = new AbortController()
    await failureOf(
      run(plan, [2], {
        signal: stop.signal,
        on: (event) => {
          if (event.type === 'step:end' && event.step === 'switch accounts') stop.abort('SIGTERM')
        },
      }),
    )
    await sql(here, `insert into accounts.users (token) values ('by the new name')`)
    await sql(here, `insert into public.orders (token) values ('beside it')`)
    await undo(plan, { to: 0 })
    await sql(here, `insert into public.users (token) values ('by the old name')`)
    await expectSame()
    expect(await homes(there)).toEqual(['events_2025', 'orders', 'users'])
  })

  test('a table of the new name there, into which rows would vanish, is refused and cannot be waived', async () => {
    await sql(there, 'create schema accounts; create table accounts.users (id integer)')
    const allow = [{ rule: 'subscriber-name-taken', on: '127.0.0.1', because: 'test' }]
    const failure = await failureOf(run(planFor(here, sketch({ allow })), [1]))
    expect(failure.code).toBe('preflight-refused')
    expect(failure.message).toMatch(
      /subscriber-name-taken .* accounts\.users exists there beside public\.users/,
    )
  })

  test('one that the plan does not name, or that cannot be had, is refused', async () => {
    expect((await failureOf(run(planFor(here, sketch({ around: {} })), [1]))).message).toMatch(
      /logical-replication on sub/,
    )
    const nowhere = there.replace(/:\d+\//, ':1/')
    expect(
      (await failureOf(run(planFor(here, sketch({ around: { subscribers: [there, nowhere] } })), [1])))
        .message,
    ).toMatch(/subscriber-unreachable/)
    expect(
      (await failureOf(run(planFor(here, sketch({ around: { subscribers: [there, here] } })), [1]))).message,
    ).toMatch(/subscriber-foreign/)
    await sql(here, 'create publication whole for all tables')
    expect((await failureOf(run(plan, [1]))).message).toMatch(/journal-published on whole/)
    await sql(here, 'drop publication whole')
    await run(plan, [1])
    if (publisher.binaries.major >= 15) {
      await sql(there, `alter subscription sub${number} set (disable_on_error = true)`)
      expect((await failureOf(run(plan, [2]))).message).toMatch(/subscriber-stopped .*disable_on_error/)
      await sql(there, `alter subscription sub${number} set (disable_on_error = false)`)
    }
    await sql(there, `alter subscription sub${number} disable`)
    expect((await failureOf(run(plan, [2]))).message).toMatch(/subscriber-stopped/)
    expect(await homes(here)).toEqual(['events_2025', 'orders', 'users'])
    expect((await surveyed(plan)).facts.tables.every(({ location }) => location.stand === 'expanded')).toBe(
      true,
    )
  })
})
