import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { sql } from '../support/client.ts'
import type { FreshDatabase } from '../support/database.ts'
import { phasesOf, planFor, type PlanSketch } from '../support/plan.ts'
import { failureOf, findingsOf, run, statusOf, undo, verified } from '../support/run.ts'
import { loginRoles, sampleDatabase } from '../support/sample.ts'
import { startFading, startSilent, type Silent } from './silent.ts'

const roles = ['api_accounts', 'api_sales', 'api_other']

beforeAll(() => loginRoles(roles))

/** The connection string of a role, with its own search_path. */
function as(url: string, role: string, path: string): string {
  const its = new URL(url)
  its.username = role
  its.password = ''
  its.search = `?options=-c%20search_path=${path}`
  return its.href
}

const isolated = (more: object = {}): PlanSketch['services'] => ({
  accounts: { tables: ['users'], roles: ['api_accounts'], ...more },
  sales: { tables: ['orders', 'events'], roles: ['api_sales'], isolated: true },
})

describe('the connection of a service', () => {
  let database: FreshDatabase
  let silent: Silent

  beforeAll(async () => {
    silent = await startSilent()
    database = await sampleDatabase('connect')
    await run(planFor(database.url, { services: isolated() }), [1])
  })

  afterAll(async () => {
    await silent[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  const says = async (more: object, probes = {}): Promise<string[]> => {
    const plan = planFor(database.url, { services: isolated(more), probes })
    return findingsOf((await verified(plan, { only: ['connection'] })).outcomes)
  }

  test('finds its tables by its own search_path, in time', async () => {
    expect(
      await says({ url: as(database.url, 'api_accounts', 'accounts'), searchPath: ['accounts'] }),
    ).toEqual([
      expect.stringMatching(
        /^info connection accounts: connected in \d+ ms, first statement answered after \d+ ms, as api_accounts$/,
      ),
    ])
  })

  const breaches: readonly (readonly [string, () => object, string])[] = [
    [
      'has another path',
      () => ({ url: as(database.url, 'api_accounts', 'accounts'), searchPath: ['sales'] }),
      'its search_path is accounts, not sales',
    ],
    [
      'does not find its tables',
      () => ({ url: as(database.url, 'api_accounts', 'sales') }),
      'users is not found by search_path sales',
    ],
    [
      'may not read them',
      () => ({ url: as(database.url, 'api_other', 'public') }),
      'its role may not read users',
    ],
    [
      'does not let it in',
      () => ({ url: as(database.url, 'no_such_role', 'accounts') }),
      'cannot connect to database "accounts"',
    ],
    [
      'does not answer',
      () => ({ url: `postgres://api:secret@127.0.0.1:${silent.port}/shop` }),
      'no connection and answers within 100ms',
    ],
  ]
  test.each(breaches)('%s', async (_name, more, said) => {
    const found = await says(more(), {
      settings: { connection: { budget: said.includes('100ms') ? '100ms' : '2s' } },
    })
    const errors = found.filter((line) => line.startsWith('error connection accounts: '))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain(said)
    expect(found.join()).not.toContain('secret')
  })

  test('that falls silent after the first answer is given up', async () => {
    const { hostname, port, searchParams } = new URL(database.url)
    await using fading = await startFading(searchParams.get('host') ?? hostname, Number(port))
    const its = new URL(as(database.url, 'api_accounts', 'accounts'))
    its.hostname = '127.0.0.1'
    its.port = String(fading.port)
    expect(await says({ url: its.href }, { settings: { connection: { budget: '1s' } } })).toEqual([
      'error connection accounts: no connection and answers within 1s',
    ])
  })

  test('to another database is wrong, whatever its tables are called', async () => {
    await using other = await sampleDatabase('connect_other')
    const found = await says({ url: as(other.url, 'api_accounts', 'public') })
    expect(found.join()).toContain('it is connected to database connect_other')
  })

  test('finds another table of that name', async () => {
    await sql(
      database.url,
      'create schema shadow; grant usage on schema shadow to public; create table shadow.users ()',
    )
    const found = await says({ url: as(database.url, 'api_accounts', 'shadow,accounts') })
    expect(found.join()).toContain('users is found by search_path shadow,accounts, but is another table')
  })

  test('is checked at the end of its switch, and not where there is none', async () => {
    const plan = planFor(database.url, {
      services: isolated({ url: as(database.url, 'api_accounts', 'sales') }),
    })
    await says({ url: as(database.url, 'api_accounts', 'accounts') })
    expect(await failureOf(run(plan, [2]))).toMatchObject({
      code: 'probe-failed',
      message: 'connection on accounts: users is not found by search_path sales',
    })
    const { outcomes } = await statusOf(plan)
    expect(JSON.stringify(outcomes)).not.toContain('postgres://')
  })
})

describe('isolation', () => {
  test('holds from contract on: a planted breach is a warning before, an error after', async () => {
    await using database = await sampleDatabase('isolated')
    await sql(database.url, 'revoke all on public.events from public; create table public.notes (id integer)')
    const plan = planFor(database.url, { services: isolated() })
    const { expand, switches, contract } = phasesOf(plan)
    const says = async (): Promise<string[]> =>
      findingsOf((await verified(plan, { only: ['isolation'] })).outcomes)
    await run(plan, [expand])
    const holds = ['info isolation api_sales: reads 4 tables of sales, is refused 1 of accounts']
    expect(await says()).toEqual(holds)
    await sql(
      database.url,
      'grant usage on schema accounts to api_sales; grant update (note) on accounts.users, public.users to api_sales',
    )
    const breach = 'isolation api_sales: it has privileges on accounts.users, which is of another service'
    expect(await says()).toEqual([`warning ${breach}; as by its old name, and an error from contract on`])
    await run(plan, switches)
    const failure = await failureOf(run(plan, [contract]))
    expect(failure).toMatchObject({
      code: 'probe-failed',
      state: { kind: 'resumable' },
      message: breach.replace(' ', ' on '),
    })
    await sql(database.url, 'revoke update (note) on accounts.users from api_sales')
    await run(plan, [contract])
    expect(await says()).toEqual(holds)

    const plants: readonly (readonly [string, string, string])[] = [
      [
        'grant select on accounts.users to api_sales',
        'it can read accounts.users',
        'revoke select on accounts.users from api_sales',
      ],
      [
        'create table accounts.more (id serial); grant usage on sequence accounts.more_id_seq to api_sales',
        'accounts.more_id_seq',
        'drop table accounts.more',
      ],
      ['grant api_accounts to api_sales', 'it may act as api_accounts', 'revoke api_accounts from api_sales'],
      [
        'revoke select on sales.orders from api_sales',
        'it cannot read sales.orders',
        'grant select on sales.orders to api_sales',
      ],
      [
        'alter role api_sales noinherit; create role isolation_between; grant isolation_between to api_sales; grant usage on schema accounts to isolation_between; grant select on accounts.users to isolation_between',
        'as isolation_between it has privileges on accounts.users',
        'alter role api_sales inherit; drop owned by isolation_between; drop role isolation_between',
      ],
      [
        'grant pg_read_all_data to api_sales',
        'as pg_read_all_data it reads, writes or executes whatever it wants',
        'revoke pg_read_all_data from api_sales',
      ],
      [
        'grant create on schema accounts to api_sales',
        'it may create in schema accounts',
        'revoke create on schema accounts from api_sales',
      ],
      [
        'alter default privileges in schema accounts grant select on tables to api_sales',
        'it is given by default what is made in schema accounts',
        'alter default privileges in schema accounts revoke select on tables from api_sales',
      ],
      [
        "create function accounts.all_users() returns bigint language sql security definer as 'select count(*) from accounts.users'",
        'it may call accounts.all_users(), which has the rights of',
        'drop function accounts.all_users()',
      ],
      ['alter role api_sales nologin', 'it may not log in', 'alter role api_sales login'],
    ]
    for (const [plant, said, cure] of plants) {
      await sql(database.url, plant)
      const found = await says()
      expect(found.every((line) => line.startsWith('error isolation api_sales: '))).toBe(true)
      expect(found.join('\n')).toContain(said)
      await sql(database.url, cure)
      expect(await says()).toEqual(holds)
    }
    await undo(plan, { phase: contract })
  })

  test('of a role that the runner may not act as could not be tried, and has failed', async () => {
    await using database = await sampleDatabase('isolated_rights')
    await sql(database.url, 'revoke all on public.events from public')
    await run(planFor(database.url, { services: isolated() }), [1])
    await sharedCluster().sql(
      'postgres',
      `do $$ begin create role isolation_runner login; exception when duplicate_object or unique_violation then null; end $$`,
    )
    await sql(
      database.url,
      'grant usage on schema migrate to isolation_runner; grant select on all tables in schema migrate to isolation_runner',
    )
    const its = new URL(database.url)
    its.username = 'isolation_runner'
    const { outcomes, events } = await verified(planFor(its.href, { services: isolated() }), {
      only: ['isolation'],
    })
    expect(findingsOf(outcomes)).toEqual([
      'error isolation isolation: the probe could not run: permission denied to set role "api_sales"',
    ])
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', level: 'warning' }))
  })
})
