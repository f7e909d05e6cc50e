import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Plan } from '../../src/plan/plan.ts'
import { connect, sql, type TestClient } from '../support/client.ts'
import { sharedCluster } from '../support/cluster.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { check, eventsOf, failureOf, run, silence, statusOf } from '../support/run.ts'

const roles = ['owner', 'writer', 'reader', 'deputy', 'other', 'runner'].map((name) => `scream_${name}`)

/** Privileges on an old name, as somebody may have granted them since the switch. */
const cases = {
  'grants to roles and to everyone':
    'grant select, insert on OLD to scream_reader; grant select on OLD to public',
  'options to grant, and grants by those who have them': `
    grant select, update on OLD to scream_writer with grant option; grant insert on OLD to scream_writer;
    set role scream_writer; grant select on OLD to scream_reader with grant option;
    set role scream_reader; grant select on OLD to public; grant select on OLD to scream_other`,
  'columns, by several grantors': `
    grant select (id, email), update (email) on OLD to scream_writer with grant option; grant select (note) on OLD to public;
    set role scream_writer; grant update (email) on OLD to scream_reader`,
  'a column granted by who has the option for the whole table': `
    grant select on OLD to scream_writer with grant option; set role scream_writer; grant select (email) on OLD to scream_reader`,
  'an owner who has given something up': 'revoke delete, truncate on OLD from scream_owner',
  'nothing for anybody': 'revoke all on OLD from scream_owner',
  'an owner who comes last': `
    revoke all on OLD from scream_owner; grant select on OLD to scream_reader; grant select, insert on OLD to scream_owner`,
  'no list at all': '',
} as const

const tables = Object.keys(cases).map((_name, index) => `t${index}`)

let template: FreshDatabase

beforeAll(async () => {
  await sharedCluster().sql('postgres', roles.map((role) => `create role ${role} login;`).join('\n'))
  template = await freshDatabase('scream')
  const made = tables.map(
    (name) =>
      `create table public.${name} (id serial primary key, email text, note text); alter table public.${name} owner to scream_owner;`,
  )
  await sql(template.url, `${made.join('\n')} insert into public.t0 (email) values ('a')`)
  await run(planFor(template.url, { services: { all: tables } }), [1, 2])
})

afterAll(async () => {
  await template[Symbol.asyncDispose]()
})

/** Every table switched, owned by a role that is no superuser. */
async function switched(more: Partial<PlanSketch> = {}): Promise<FreshDatabase & { plan: Plan }> {
  const database = await freshDatabase('scream', template.name)
  await sql(
    database.url,
    `update migrate.runs set database_oid = (select oid from pg_database where datname = current_database())`,
  )
  return { ...database, plan: planFor(database.url, { services: { all: tables }, ...more }) }
}

async function aclsOf(client: TestClient, name: string): Promise<(string | null)[]> {
  const rows = await client.rows<{ acl: string | null }>(
    `select relacl::text as acl from pg_class where oid = $1::regclass
     union all (select attacl::text from pg_attribute where attrelid = $1::regclass and attnum > 0 order by attnum)`,
    [name],
  )
  return rows.map(({ acl }) => acl)
}

async function taken(client: TestClient, name = 'public.t0'): Promise<void> {
  await until(async () => {
    const [acl, ...columns] = await aclsOf(client, name)
    return acl === '{}' && columns.every((column) => column === null)
  })
}

/** The SQLSTATE that a statement of a role fails with, if it does. */
async function tried(url: string, role: string, statement: string): Promise<string | undefined> {
  await using client = await connect(url, `app of ${role}`, role)
  return await client.query(statement).then(
    () => undefined,
    (error: { code: string }) => error.code,
  )
}

test('what was taken comes back as it was, to the letter', async () => {
  await using database = await switched()
  await using client = await connect(database.url)
  for (const [index, grants] of Object.values(cases).entries())
    await sql(database.url, grants.replaceAll('OLD', `public.t${index}`))
  const read = async (): Promise<[string, (string | null)[]][]> => {
    const found: [string, (string | null)[]][] = []
    for (const [index, name] of Object.keys(cases).entries())
      found.push([name, await aclsOf(client, `public.t${index}`)])
    return found
  }
  const before = await read()
  const screaming = silence(database.plan, { forMs: 1500 })
  for (const table of tables) await taken(client, `public.${table}`)
  const { outcomes } = await screaming
  expect(outcomes.remarks).toEqual([])
  // No statement makes a list of privileges NULL again; what NULL stands for is written out.
  const own = await client.value<string>(`select acldefault('r', 'scream_owner'::regrole)::text`)
  expect(await read()).toEqual(before.map(([name, [acl, ...columns]]) => [name, [acl ?? own, ...columns]]))
  const { probes } = await check(database.plan)
  const wrong = probes.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'error'))
  expect(wrong.map(({ on }) => on)).not.toContain('public.t7')
})

describe('while the privileges are taken', () => {
  test('clients fail and are told of, its owner too; superusers and open transactions go on; then all is well', async () => {
    await using database = await switched({ defaults: { onDrift: 'refuse' } })
    await sql(database.url, 'grant select on public.t0 to scream_reader')
    await using open = await connect(database.url, 'long report', 'scream_reader')
    await open.query('begin; select count(*) from public.t0')
    await using client = await connect(database.url, 'admin')
    const screaming = silence(database.plan, { forMs: 2500, tables: ['public.t0'] })
    await taken(client)
    expect(await tried(database.url, 'scream_reader', 'select email from t0')).toBe('42501')
    expect(await tried(database.url, 'scream_owner', 'select * from public.t0')).toBe('42501')
    await using reader = await connect(database.url, 'reader app', 'scream_reader')
    await expect(reader.query('select email from public.t0 limit 1')).rejects.toMatchObject({ code: '42501' })
    await client.query('select count(*) from public.t0')
    await open.query('commit')
    const { outcomes, events } = await screaming
    expect(outcomes.names).toHaveLength(1)
    const { triers } = outcomes.names[0]!
    expect(triers).toContainEqual(
      expect.objectContaining({
        application: 'reader app',
        statement: 'select email from public.t0 limit 1',
      }),
    )
    expect(triers).toContainEqual(expect.objectContaining({ application: 'admin', isSuperuser: true }))
    expect(outcomes.rolledBack).toBeGreaterThan(0)
    expect(eventsOf(events, 'countdown').at(-1)).toMatchObject({ leftMs: 0 })
    expect(await tried(database.url, 'scream_reader', 'select email from t0')).toBeUndefined()
    expect(await client.value('select count(*)::int from migrate.drift')).toBe(0)
    const { oldNames } = (await statusOf(database.plan)).outcomes
    expect(
      oldNames.find(({ name }) => name === 'public.t0')?.users.map(({ application }) => application),
    ).toContain('reader app')
  })

  test('nothing else of the plan runs; stopped, it gives back at once and tells what it saw', async () => {
    await using database = await switched()
    await using client = await connect(database.url)
    const before = await aclsOf(client, 'public.t0')
    const stop = new AbortController()
    const screaming = failureOf(
      silence(database.plan, { forMs: 60_000, services: ['all'] }, { signal: stop.signal }),
    )
    await taken(client, 'public.t7')
    for (const other of [silence(database.plan, { forMs: 1000 }), run(database.plan, [3])])
      expect(await failureOf(other)).toMatchObject({ code: 'lease-held', exitCode: 7 })
    // A command that only looks leaves a living scream alone.
    expect((await statusOf(database.plan)).outcomes.lease?.activity).toBe('scream')
    expect(await aclsOf(client, 'public.t0')).not.toEqual(before)
    stop.abort('SIGINT')
    expect(await screaming).toMatchObject({
      code: 'interrupted',
      state: { sentence: expect.stringMatching(/given back/) },
    })
    expect((await aclsOf(client, 'public.t0'))[0]).toMatch(/^\{scream_owner=arwd/)
  })

  test('a guard that somebody ends ends the scream', async () => {
    await using database = await switched()
    await using client = await connect(database.url)
    const screaming = failureOf(silence(database.plan, { forMs: 60_000 }))
    await taken(client)
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'migrate/shop/guard' and datname = current_database()`,
    )
    expect(await screaming).toMatchObject({ code: 'connection-lost' })
    expect((await aclsOf(client, 'public.t0'))[0]).toMatch(/^\{scream_owner=arwd/)
  })
})

/** What an owner has by owning, without MAINTAIN, which came with PostgreSQL 17. */
function withoutMaintain(acl: string | null | undefined): string {
  return (acl ?? '').replaceAll('arwdDxtm/', 'arwdDxt/')
}

describe('what others change meanwhile', () => {
  test('what is granted stays, who is gone is passed over, a new owner owns; all of it is told', async () => {
    await using database = await switched()
    await sql(
      database.url,
      `create role scream_gone; grant select on public.t0 to scream_gone, scream_reader; grant select on public.t1 to scream_reader;
       grant select (note) on public.t2 to scream_reader`,
    )
    await using client = await connect(database.url)
    const screaming = silence(database.plan, { forMs: 2000 })
    await taken(client, 'public.t7')
    await sql(
      database.url,
      `drop owned by scream_gone; drop role scream_gone; grant insert on public.t0 to scream_other; alter view public.t1 owner to scream_other; drop view public.t3 cascade`,
    )
    const { outcomes } = await screaming
    expect(outcomes.remarks.toSorted()).toEqual([
      expect.stringMatching(/^public\.t0: a column or a role is gone .*SELECT; they are/),
      expect.stringMatching(/^public\.t1: they are/),
      'public.t3: the old name is gone',
    ])
    expect(withoutMaintain((await aclsOf(client, 'public.t0'))[0])).toBe(
      '{scream_other=a/scream_owner,scream_owner=arwdDxt/scream_owner,scream_reader=r/scream_owner}',
    )
    expect(withoutMaintain((await aclsOf(client, 'public.t1'))[0])).toBe(
      '{scream_other=arwdDxt/scream_other,scream_reader=r/scream_other}',
    )
  })
})

describe('refused, with nothing taken', () => {
  test('privileges that could not be given back as they are', async () => {
    await using database = await switched()
    await sql(
      database.url,
      `grant select on public.t0 to scream_deputy with grant option; set role scream_deputy; grant select on public.t0 to scream_reader;
       reset role; grant scream_owner to scream_deputy`,
    )
    await using client = await connect(database.url)
    const before = await aclsOf(client, 'public.t0')
    const failure = await failureOf(silence(database.plan, { forMs: 1000 }))
    await sql(database.url, 'revoke scream_owner from scream_deputy')
    expect(failure).toMatchObject({ code: 'privileges-fixed', exitCode: 4 })
    expect(failure.detail).toEqual([expect.stringMatching(/^public\.t0: not everything can be taken/)])
    expect(await aclsOf(client, 'public.t0')).toEqual(before)
    expect(await client.value('select count(*)::int from migrate.screams')).toBe(0)
  })

  test('names that the plan does not have, and tables that have not been switched', async () => {
    await using database = await switched()
    const ask = (choice: { services?: string[]; tables?: string[] }): Promise<unknown> =>
      failureOf(silence(database.plan, { forMs: 1000, ...choice }))
    expect(await ask({ services: ['al'] })).toMatchObject({
      code: 'usage-invalid',
      message: expect.stringMatching(/"all"/),
    })
    expect(await ask({ tables: ['public.t99'] })).toMatchObject({ code: 'usage-invalid' })
    await using fresh = await freshDatabase('scream_none')
    await sql(fresh.url, 'create table public.users (id int primary key)')
    const early = planFor(fresh.url, { services: { accounts: ['users'] } })
    expect(await failureOf(silence(early, { forMs: 1000 }))).toMatchObject({
      code: 'phase-not-run',
      exitCode: 4,
    })
  })
})

test('a runner that is no superuser but a member of the owner takes and gives back, too', async () => {
  await using database = await freshDatabase('scream_runner')
  await sql(
    database.url,
    `create table public.users (id serial primary key); alter table public.users owner to scream_owner; grant scream_owner to scream_runner;
     grant select on public.users to scream_reader; grant create on schema public to scream_owner;
     grant execute on function pg_control_system() to scream_runner;
     do $$ begin execute format('grant create on database %I to scream_runner, scream_owner', current_database()); end $$`,
  )
  const url = new URL(database.url)
  url.username = 'scream_runner'
  const plan = planFor(url.href, { services: { accounts: ['users'] } })
  await run(plan, [1, 2])
  await using client = await connect(database.url)
  const before = await aclsOf(client, 'public.users')
  const screaming = silence(plan, { forMs: 800 })
  await taken(client, 'public.users')
  expect((await screaming).outcomes.remarks).toEqual([])
  expect(await aclsOf(client, 'public.users')).toEqual(before)
})
