import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { until } from '../support/process.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { answerOf, Desk } from './desk.ts'
import { expectRefusal, hasJournal, watch } from './refusal.ts'

const phase = (number: number): string[] => ['execute', '--phase', String(number), '--yes']
const back = (number: number): string[] => ['rollback', '--phase', String(number), '--yes']
const allBack = ['rollback', '--to', '0', '--yes']
const contract = ['execute', '--phase', '4', '--confirm', 'shop']

let desk: Desk
let template: FreshDatabase

beforeAll(async () => {
  desk = await Desk.open()
  template = await sampleDatabase('cli_order')
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await template[Symbol.asyncDispose]()
})

async function prepared(): Promise<FreshDatabase> {
  const database = await freshDatabase('cli_order', template.name)
  await desk.sketch('shop.yaml', database.url, samplePlan)
  return database
}

async function relations(url: string): Promise<unknown> {
  return rowsOf(
    url,
    `select oid::regclass::text as name, relkind from pg_class where relnamespace::regnamespace::text !~ '^(pg_|information|migrate$)' order by 1`,
  )
}

describe('the order of things', () => {
  test('before a run there is nothing to contract, to switch or to undo', async () => {
    await using database = await prepared()
    const watched = await watch(database.url)
    const notYet = { code: 'phase-out-of-order', exit: 4, next: /migrate execute --phase 1/ }
    await expectRefusal(
      desk,
      contract,
      {
        ...notYet,
        message: /^phase 4 "contract" cannot begin before phase 1 "expand", phase 2 .* are done$/,
      },
      { watched },
    )
    await expectRefusal(
      desk,
      phase(2),
      { ...notYet, message: /^phase 2 "switch accounts" cannot begin before phase 1 "expand" is done$/ },
      { watched },
    )
    await expectRefusal(
      desk,
      back(2),
      {
        code: 'phase-not-run',
        exit: 4,
        message: /plan "shop" has not changed anything/,
        next: /migrate status/,
      },
      { watched },
    )
    const { code, stdout } = await desk.run(allBack)
    expect([code, stdout]).toEqual([0, 'nothing to undo\n'])
    expect(await hasJournal(database.url)).toBe(false)
  })

  test('is kept in the midst of a run and after its end', async () => {
    await using database = await prepared()
    expect((await desk.run(['execute', '--to', '2', '--yes'])).code).toBe(0)
    let watched = await watch(database.url)
    await expectRefusal(
      desk,
      contract,
      {
        code: 'phase-out-of-order',
        exit: 4,
        message: /^phase 4 "contract" cannot begin before phase 3 "switch sales" is done$/,
      },
      { watched },
    )
    await expectRefusal(
      desk,
      back(3),
      { code: 'phase-not-run', exit: 4, message: /^phase 3 "switch sales" has not been run$/ },
      { watched },
    )
    await expectRefusal(
      desk,
      back(1),
      {
        code: 'phase-out-of-order',
        exit: 4,
        message: /^phase 1 "expand" cannot be undone while phase 2 "switch accounts" stands$/,
        next: /migrate rollback --phase 2/,
      },
      { watched },
    )
    await expectRefusal(
      desk,
      ['uninstall', '--confirm', 'shop'],
      {
        code: 'run-standing',
        exit: 4,
        message: /^plan "shop" has a run that stands/,
        next: /rollback --to 0/,
      },
      { watched },
    )
    expect((await desk.run(phase(2))).stdout).toMatch(/^phase 2 "switch accounts": was done already$/m)
    expect((await desk.run(['execute', '--all', '--confirm', 'shop'])).code).toBe(0)
    watched = await watch(database.url)
    await expectRefusal(
      desk,
      back(2),
      { code: 'phase-out-of-order', exit: 4, message: /^phase 2 "switch accounts" cannot be undone while/ },
      { watched },
    )
    expect((await desk.run(back(4))).code).toBe(0)
    expect((await desk.run(['status'])).stdout).toMatch(/run \d+, active/)
    expect((await desk.run(allBack)).code).toBe(0)
  })

  test('contract waits for old names to be quiet', async () => {
    await using database = await prepared()
    expect((await desk.run(['execute', '--to', '3', '--yes'])).code).toBe(0)
    await desk.sketch('shop.yaml', database.url, { ...samplePlan, quiet: '7d' })
    const before = await relations(database.url)
    const { code, error } = await desk.failure(contract)
    expect([code, error.code, error.state.kind]).toEqual([8, 'gate-waiting', 'resumable'])
    expect(`${error.message}\n${error.detail.join('\n')}`).toMatch(/public\.\w+/)
    expect(error.next).not.toEqual([])
    expect(await relations(database.url)).toEqual(before)
    // Functions use the new names by then, so it is not true that nothing was done.
    expect(error.state.sentence).not.toMatch(/nothing of contract was done/)
    expect((await desk.run(allBack)).code).toBe(0)
    expect(await dumpAll(database.url)).toBe(await dumpAll(template.url))
  })
})

describe('a plan that has changed since its run began', () => {
  test('is refused with the difference, until it is as it was; budgets and waivers are no difference', async () => {
    await using database = await prepared()
    expect((await desk.run(phase(1))).code).toBe(0)
    const watched = await watch(database.url)
    await desk.sketch('shop.yaml', database.url, {
      services: { accounts: ['users', 'audit'], sales: ['orders', 'events'] },
    })
    for (const command of [phase(2), phase(1), allBack, ['plan'], ['status'], ['verify']])
      await expectRefusal(
        desk,
        command,
        {
          code: 'plan-changed',
          exit: 3,
          message: /^plan "shop" has changed since its run began$/,
          detail: /^\+ +"audit"/m,
          next: /rollback|put the plan back/,
        },
        command === allBack ? { watched } : {},
      )
    await desk.sketch('shop.yaml', database.url, {
      ...samplePlan,
      defaults: { stallBudget: '300ms', lockRetry: '5s', onProbeFailure: 'stop', backup: 'none' },
      quiet: '3d',
      allow: [{ rule: 'client-timeout', on: 'test_writer', because: 'it waits' }],
    })
    expect((await desk.run(phase(2))).code).toBe(0)
    expect((await desk.run(allBack)).code).toBe(0)
    // With nothing standing, another plan of the same name may begin.
    await desk.sketch('shop.yaml', database.url, { services: { accounts: ['users', 'audit'] } })
    expect((await desk.run(phase(1))).code).toBe(0)
  })
})

describe('a database that is not the one the run began on', () => {
  test('a copy is refused, until the copied journal is forgotten', async () => {
    await using database = await prepared()
    expect((await desk.run(phase(1))).code).toBe(0)
    await using copy = await freshDatabase('cli_copy', database.name)
    await desk.sketch('shop.yaml', copy.url, samplePlan)
    const watched = await watch(copy.url)
    for (const command of [phase(2), allBack, ['plan'], ['status']])
      await expectRefusal(
        desk,
        command,
        {
          code: 'identity-changed',
          exit: 4,
          message: /^this is not the database on which the run of plan "shop" began$/,
          detail: new RegExp(`began on server \\d+, database ${database.name} [^]*database ${copy.name} `),
          next: /uninstall --forget/,
        },
        { watched },
      )
    const forgotten = await desk.run(['uninstall', '--forget', '--confirm', 'shop'])
    expect(forgotten.code).toBe(0)
    expect(await hasJournal(copy.url)).toBe(false)
    // Where the run did begin, --forget forgets nothing.
    await desk.sketch('shop.yaml', database.url, samplePlan)
    expect((await desk.run(['uninstall', '--forget', '--confirm', 'shop'])).code).toBe(4)
  })
})

describe('a journal', () => {
  test('of a newer version, or a schema of that name with something else in it, is let alone', async () => {
    await using database = await prepared()
    await sql(database.url, 'create schema migrate; create table migrate.notes (id integer)')
    for (const command of [phase(1), ['plan'], ['status'], ['uninstall', '--confirm', 'shop']])
      await expectRefusal(
        desk,
        command,
        {
          code: 'journal-foreign',
          exit: 4,
          message: /^schema "migrate" exists in database "db"/,
          next: /rename/,
        },
        command[0] === 'plan' ? {} : { watched: await watch(database.url) },
      )
    await sql(database.url, 'drop schema migrate cascade')
    expect((await desk.run(phase(1))).code).toBe(0)
    await sql(database.url, `insert into migrate.pgmigrations (name, run_on) values ('9999_later', now())`)
    const watched = await watch(database.url)
    for (const command of [phase(2), allBack])
      await expectRefusal(
        desk,
        command,
        {
          code: 'journal-newer',
          exit: 4,
          message: /newer version/,
          detail: /9999_later/,
          next: /npm install/,
        },
        { watched },
      )
  })
})

describe('two runners', () => {
  test('the second is refused with the name of the first, or waits for it', async () => {
    await using database = await prepared()
    expect((await desk.run(phase(1))).code).toBe(0)
    await using reader = await connect(database.url, 'long reader')
    await reader.query('begin; select count(*) from public.users')
    const first = desk.start(phase(2))
    const firstEnd = answerOf(first)
    await until(async () => {
      const rows = await rowsOf(database.url, `select from migrate.leases where released_at is null`)
      return rows.length > 0
    })
    const { error } = await desk.failure(phase(2))
    expect([error.code, error.exitCode, error.state.kind]).toEqual(['lease-held', 7, 'untouched'])
    expect(error.message).toMatch(
      new RegExp(`^plan "shop" is being run by \\S+@\\S+ pid ${first.pid} since `),
    )
    expect(error.message).toContain('(execute phase 2)')
    expect(error.next.join('\n')).toContain('--wait')
    expect((await desk.failure(allBack)).error.code).toBe('lease-held')
    const status = await desk.json<{ lease: { holder: string }; blockers: string[] }>(['status'])
    expect([status.code, status.result.lease.holder]).toEqual([
      0,
      expect.stringContaining(`pid ${first.pid}`),
    ])
    const waiting = desk.start(['execute', '--phase', '3', '--yes', '--wait', '30s'])
    const waited = answerOf(waiting)
    await reader.query('rollback')
    expect((await firstEnd).code).toBe(0)
    expect((await waited).code).toBe(0)
    expect((await desk.run(['status', '--exit-code'])).code).toBe(10)
  })
})

describe('what happened meanwhile', () => {
  test('a table that was dropped, and one that was moved, are named', async () => {
    await using database = await prepared()
    expect((await desk.run(phase(1))).code).toBe(0)
    await sql(database.url, 'drop table public.users cascade; alter table public.orders rename to purchases')
    const watched = await watch(database.url)
    await expectRefusal(
      desk,
      phase(2),
      { code: 'preflight-refused', exit: 4, message: /table-missing on public\.users/ },
      { watched },
    )
    const { stdout } = await desk.run(['status'])
    expect(stdout).toMatch(/table-missing on public\.users/)
  })
})
