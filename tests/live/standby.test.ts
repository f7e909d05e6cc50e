import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, rowsOf, sql } from '../support/client.ts'
import { startCluster, type Cluster } from '../support/cluster.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { eventsOf, failureOf, run, silence, statusOf, undo, watched } from '../support/run.ts'
import { startStandby, type Companion } from '../cli/companions.ts'
import type { Plan } from '../../src/plan/plan.ts'

let cluster: Cluster
let standby: Companion
let url: string
let there: string

beforeAll(async () => {
  cluster = await startCluster()
  standby = await startStandby(cluster)
  url = await cluster.createDatabase('shop')
  there = standby.url('shop')
  await sql(url, 'create table public.users (id serial primary key); insert into public.users values (1)')
  await until(() =>
    rowsOf(there, 'select from public.users').then(
      (rows) => rows.length === 1,
      () => false,
    ),
  )
})

afterAll(async () => {
  await standby[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

function plan(around: Record<string, unknown>, more: Partial<PlanSketch> = {}): Plan {
  return planFor(url, { services: { accounts: ['users'] }, around, ...more })
}

/** A reader on the standby by one name, until it is stopped or fails; gives what went wrong. */
async function read(name: string) {
  const client = await connect(there, `reader of ${name}`)
  let failure: string | undefined
  let count = 0
  const aborted = new AbortController()
  const reading = (async () => {
    while (!aborted.signal.aborted && failure === undefined) {
      await client.query(`select count(*) from ${name}`).catch((error: Error) => (failure = error.message))
      count++
    }
    await client.end()
  })()
  const stop = async (): Promise<string | undefined> => {
    aborted.abort()
    await reading
    return failure
  }
  return { count: () => count, stop, [Symbol.asyncDispose]: () => stop().then(() => undefined) }
}

describe('a standby that the plan names', () => {
  test('readers there see no error; a long one holds the switch back and is named', async () => {
    const listed = plan({ standbys: [there] })
    await run(listed, [1])
    await until(() =>
      rowsOf(there, 'select from accounts.users').then(
        () => true,
        () => false,
      ),
    )
    await using byOldName = await read('public.users')
    await using byNewName = await read('accounts.users')
    const readers = [byOldName, byNewName]
    await using report = await connect(there, 'monthly report')
    await report.query('begin; select count(*) from public.users')
    const blockers: string[] = []
    const switching = run(listed, [2], {
      on: (event) => (event.type === 'action:retry' ? blockers.push(...event.blockers) : undefined),
    })
    await until(() => blockers.length >= 3)
    expect(await rowsOf(url, `select relkind from pg_class where oid = 'public.users'::regclass`)).toEqual([
      { relkind: 'r' },
    ])
    await report.query('commit')
    const { events } = await switching
    const where = new URL(there)
    // A reader may be caught with a lock too.
    expect(blockers.join('\n')).toContain(
      `standby 127.0.0.1:${where.port}/shop: pid ${report.pid} "monthly report"`,
    )
    const notices = eventsOf(events, 'notice').map(({ text }) => text)
    expect(notices.join('\n')).toMatch(
      /standby 127\.0\.0\.1:\d+\/shop: replayed after \d+ ms, 0 queries cancelled/,
    )
    await undo(listed, { phase: 2 })
    await run(listed, [2])
    const before = readers.map(({ count }) => count())
    await until(() => readers.every(({ count }, index) => count() > before[index]!))
    expect(await Promise.all(readers.map(({ stop }) => stop()))).toEqual([undefined, undefined])
  })

  test('use of an old name there alone keeps contract waiting', async () => {
    const listed = plan({ standbys: [there] })
    await run(listed, [1, 2])
    await using user = await connect(there, 'forgotten dashboard')
    await user.query('begin; select count(*) from public.users')
    const failure = await failureOf(run(listed, [3]))
    expect(failure).toMatchObject({ code: 'gate-waiting', exitCode: 8 })
    expect(failure.detail.join('\n')).toContain('"forgotten dashboard"')
  })

  test('who uses an old name there is observed, and seen trying when its privileges are taken', async () => {
    const listed = plan({ standbys: [there] })
    const where = `127.0.0.1:${new URL(there).port}/shop`
    await sql(url, 'create role dashboard login; grant select on public.users to dashboard')
    await using user = await connect(there, 'forgotten dashboard')
    const read = (): Promise<string | undefined> =>
      user.query('set role dashboard; select count(*) from public.users').then(
        () => undefined,
        (error: { code: string }) => error.code,
      )
    await until(async () => (await read()) === undefined)
    const stop = new AbortController()
    const watching = watched(listed, { forMs: 60_000 }, { signal: stop.signal })
    await until(async () => {
      await read()
      return (await statusOf(listed)).outcomes.oldNames[0]!.users.some(({ standby }) => standby === where)
    })
    stop.abort()
    expect((await watching).outcomes.oldNames[0]?.users).toContainEqual(
      expect.objectContaining({ standby: where, application: 'forgotten dashboard' }),
    )
    const stopScream = new AbortController()
    const screaming = silence(listed, { forMs: 60_000 }, { signal: stopScream.signal })
    await until(async () => (await read()) === '42501')
    stopScream.abort('SIGINT')
    const failure = await failureOf(screaming)
    expect(failure.detail.join('\n')).toContain('"forgotten dashboard"')
    await until(async () => (await read()) === undefined)
  })

  test('a transaction there that would be cancelled refuses the switch', async () => {
    const listed = plan({ standbys: [there] })
    await undo(listed, { to: 0 })
    await run(listed, [1])
    await sql(there, `alter system set max_standby_streaming_delay = '300ms'`)
    await sql(there, 'select pg_reload_conf()')
    await using report = await connect(there, 'monthly report')
    await report.query('begin; select count(*) from public.users')
    await until(async () => (await failureOrDone(listed)) === 'preflight-refused')
    const failure = await failureOf(run(listed, [2]))
    expect(failure.message).toContain('standby-reader on 127.0.0.1:')
    expect(failure.detail.join('\n')).toContain(`pid ${report.pid} "monthly report"`)
    await report.query('commit')
    await run(listed, [2])
    await undo(listed, { to: 0 })
  })

  /** The transaction grows older with each look. */
  async function failureOrDone(listed: Plan): Promise<string> {
    const { age } = (
      await rowsOf<{ age: number }>(
        there,
        `select extract(epoch from clock_timestamp() - xact_start)::float8 as age from pg_stat_activity where application_name = 'monthly report'`,
      )
    )[0]!
    return age < 0.5 ? 'young' : (await failureOf(run(listed, [2]))).code
  }
})

describe('a standby that is not what the plan says', () => {
  const refuse = async (around: Record<string, unknown>): Promise<string> => {
    const wrong = plan(around)
    await run(wrong, [1])
    const failure = await failureOf(run(wrong, [2]))
    expect(failure.code).toBe('preflight-refused')
    await undo(wrong, { to: 0 })
    return failure.message
  }

  test('not reachable, and waivable', async () => {
    const nowhere = 'postgres://someone:secret@127.0.0.1:1/shop'
    const message = await refuse({ standbys: [nowhere] })
    expect(message).toContain('standby-unreachable on 127.0.0.1:1/shop')
    expect(message).not.toContain('secret')
    const waived = plan(
      { standbys: [nowhere] },
      { allow: [{ rule: 'standby-unreachable', on: '127.0.0.1:1/shop', because: 'it is being rebuilt' }] },
    )
    await run(waived, [1, 2])
    await undo(waived, { to: 0 })
  })

  test('the primary itself', async () => {
    expect(await refuse({ standbys: [url] })).toMatch(/standby-foreign on .*it takes writes/)
  })

  test('without being named it is warned of', async () => {
    const { events } = await run(plan({}), [1, 2])
    const warnings = eventsOf(events, 'notice').map(({ text }) => text)
    expect(warnings.join('\n')).toMatch(/standby on \S+: standby \S+ at 127\.0\.0\.1 \(streaming\)/)
    await undo(plan({}), { to: 0 })
  })
})
