import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { AdminConsole } from '../../src/pg/console.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { createResolver } from '../../src/resolver/index.ts'
import { startPooler, type Companion } from '../cli/companions.ts'
import { RunnerProcess } from '../crash/runner-process.ts'
import { connect, rowsOf, sql, type TestClient } from '../support/client.ts'
import { startCluster, type Cluster } from '../support/cluster.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { isAlive, until } from '../support/process.ts'
import { eventsOf, failureOf, run, undo, warningsOf } from '../support/run.ts'

const database = 'by_transaction'
let cluster: Cluster
let pooler: Companion
let url: string

beforeAll(async () => {
  cluster = await startCluster()
  url = await cluster.createDatabase('shop')
  const started = await startPooler(cluster, 'shop')
  if (started === undefined) throw new Error('pgbouncer is needed')
  pooler = started
  await sql(url, 'create table public.users (id serial primary key, name text); create table public.other ()')
})

afterAll(async () => {
  await pooler[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

beforeEach(() => undo(sketched(), { to: 0 }))

function sketch(more: Partial<PlanSketch> = {}, admin = pooler.url('pgbouncer')): PlanSketch {
  return {
    services: { accounts: ['users'] },
    around: { pooler: { admin, database, pauseTimeout: '500ms' } },
    ...more,
  }
}

function sketched(more: Partial<PlanSketch> = {}, admin?: string): Plan {
  return planFor(url, sketch(more, admin))
}

function consoleAs(username: string): string {
  return Object.assign(new URL(pooler.url('pgbouncer')), { username }).href
}

async function isPaused(): Promise<boolean> {
  await using console = await AdminConsole.open(pooler.url('pgbouncer'))
  return await console.isPaused(database)
}

/** Clients that insert through the pooler until they are stopped; tells how many rows were acknowledged. */
interface Traffic extends AsyncDisposable {
  stop(): Promise<{ inserted: number; failures: string[] }>
}

async function traffic(count: number): Promise<Traffic> {
  const clients = await Promise.all(
    Array.from({ length: count }, () => connect(pooler.url(database), 'through the pooler')),
  )
  const stop = new AbortController()
  const failures: string[] = []
  let inserted = 0
  const insert = async (client: TestClient): Promise<void> => {
    while (!stop.signal.aborted) {
      await client.query('insert into public.users (name) values ($1)', ['a']).then(
        () => inserted++,
        (error: Error) => failures.push(error.message),
      )
    }
    await client.end()
  }
  const working = clients.map(insert)
  await until(() => inserted > 10 * count)
  const end = async (): Promise<{ inserted: number; failures: string[] }> => {
    stop.abort()
    await Promise.all(working)
    return { inserted, failures }
  }
  return { stop: end, [Symbol.asyncDispose]: () => end().then(() => undefined) }
}

async function rows(): Promise<number> {
  return (await rowsOf<{ n: number }>(url, 'select count(*)::int as n from public.users'))[0]!.n
}

describe('a PgBouncer that the plan names', () => {
  test('is paused for the switch and resumed after it; no statement fails, none is lost', async () => {
    const plan = sketched()
    await run(plan, [1])
    const before = await rows()
    await using clients = await traffic(6)
    const { events } = await run(plan, [2])
    await undo(plan, { phase: 2 })
    await run(plan, [2])
    const { inserted, failures } = await clients.stop()
    expect(failures).toEqual([])
    expect((await rows()) - before).toBe(inserted)
    expect(warningsOf(events)).toEqual([])
    const log = await readFile(join(cluster.dir, 'pgbouncer.log'), 'utf8')
    expect(log.match(/PAUSE '?by_transaction'? command issued/g)!.length).toBeGreaterThanOrEqual(3)
    expect(await isPaused()).toBe(false)
    expect(await rowsOf(url, 'select from migrate.pauses')).toEqual([])
  })

  test('a pause that is not to be had is given up, and the switch goes on without', async () => {
    const plan = sketched()
    await run(plan, [1])
    await using long = await connect(pooler.url(database))
    await long.query('begin; select from public.other')
    const { events } = await run(plan, [2])
    expect(warningsOf(events)).toEqual([
      'pooler: PAUSE was not granted within 500 ms; the switch goes on without a pause',
    ])
    expect(await isPaused()).toBe(false)
    await long.query('commit')
  })
})

describe('a runner that is killed during a pause', () => {
  /** Someone holds the table, so that attempts fail and the pauses grow longer. */
  async function killed(alsoGuard: boolean): Promise<{ guard: number; holder: TestClient }> {
    const slow = sketch({ defaults: { stallBudget: '8s', lockRetry: '60s' } })
    await run(planFor(url, slow), [1])
    const holder = await connect(url, 'holder')
    await holder.query('begin; select from public.users')
    await using runner = new RunnerProcess()
    await runner.start({ url, sketch: slow, command: { execute: [2] } })
    await until(() => runner.told('action:retry') >= 5)
    await until(isPaused)
    const guard = guardOf(runner.pid)
    expect(isAlive(guard)).toBe(true)
    if (alsoGuard) process.kill(guard, 'SIGKILL')
    runner.signal('SIGKILL')
    await runner.end()
    return { guard, holder }
  }

  function guardOf(pid: number): number {
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], { encoding: 'utf8' })
    const line = children.split('\n').find((one) => one.includes('guard-process'))
    return Number.parseInt(line ?? '', 10)
  }

  test('its guard resumes, and is gone afterwards', async () => {
    const { guard, holder } = await killed(false)
    await using client = await connect(pooler.url(database))
    await client.query('select from public.other')
    await until(() => !isAlive(guard), 10_000, 'the end of the guard')
    expect(await isPaused()).toBe(false)
    await holder.end()
    await run(sketched(), [2])
  })

  test('together with its guard: the next command resumes', async () => {
    const { holder } = await killed(true)
    expect(await isPaused()).toBe(true)
    await holder.end()
    const { events } = await run(sketched(), [2])
    const texts = eventsOf(events, 'notice').map(({ text }) => text)
    expect(texts.join('\n')).toContain('resumed by_transaction, which an earlier run had paused')
    expect(await isPaused()).toBe(false)
  })
})

describe('a pooler that is not what the plan says', () => {
  test.each<[string, () => string, RegExp]>([
    ['not reachable', () => 'postgres://someone:secret@127.0.0.1:1/pgbouncer', /nothing listens there/],
    ['not a console', () => url, /not the admin console/],
    ['a role that may only look', () => consoleAs('watcher'), /may look, but not PAUSE/],
  ])('%s', async (_name, admin, message) => {
    const plan = sketched({}, admin())
    await run(plan, [1])
    const failure = await failureOf(run(plan, [2]))
    expect(failure).toMatchObject({ code: 'preflight-refused', message: expect.stringMatching(message) })
    expect(JSON.stringify(failure)).not.toContain('secret')
  })

  test('an unknown database, which may be waived', async () => {
    const around = { pooler: { admin: pooler.url('pgbouncer') } }
    await run(sketched({ around }), [1])
    const failure = await failureOf(run(sketched({ around }), [2]))
    expect(failure.message).toContain('it offers no database "shop"')
    const on = `127.0.0.1:${pooler.port}/pgbouncer`
    const allow = [{ rule: 'pooler-unusable', on, because: 'not used at night' }]
    await run(sketched({ around, allow }), [2])
  })
})

test('a resolver that connects through the pooler follows by asking alone', async () => {
  await run(sketched(), [1])
  await using resolver = await createResolver({
    journal: { connection: pooler.url(database), plan: 'shop', listen: false },
    pollMs: 30,
  })
  expect(resolver.locate('users').state).toBe('both')
  await run(sketched(), [2])
  await until(() => resolver.table('users') === 'accounts.users')
  const service = new pg.Pool({ connectionString: pooler.url(database), max: 2 })
  try {
    const inserted = await resolver
      .wrap(service)
      .query(`insert into users (name) values ('by resolver') returning name`)
    expect(inserted.rows).toEqual([{ name: 'by resolver' }])
  } finally {
    await service.end()
  }
  await undo(sketched(), { to: 0 })
  await until(() => resolver.table('users') === 'public.users')
})
