import { beforeAll, describe, expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql, type TestClient } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dump, dumpAll } from '../support/dump.ts'
import { phasesOf, planFor, uncounted, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { failureOf, problems, remove, run, undo } from '../support/run.ts'

const role = 'policy_app'

beforeAll(() =>
  sharedCluster().sql(
    'postgres',
    `do $$ begin create role ${role} login; exception when duplicate_object or unique_violation then null; end $$`,
  ),
)

const schema = `
  create table users (id serial primary key, email text not null unique, state text default 'new');
  create table orders (id bigint generated always as identity primary key, user_id integer references users, total numeric default 0);
  create table jobs (id serial primary key, state text not null default 'new', note text, twice text generated always as (note || note) stored,
    constraint jobs_state check (state <> ''));
  create table slots (day date, hour integer, who text, primary key (day, hour));
  create table notes (id serial primary key, body text);
  comment on table jobs is 'work';
  grant select, insert, update, delete, truncate on users, orders, jobs, slots, notes to ${role};
  grant usage on all sequences in schema public to ${role};
  insert into users (email) select 'u' || n from generate_series(1, 5) n;
  insert into orders (user_id, total) select n, n from generate_series(1, 5) n;
  insert into jobs (note) select 'j' || n from generate_series(1, 5) n;
  insert into slots select date '2026-01-01' + n, n, 'x' from generate_series(1, 5) n;
  insert into notes (body) values ('a');`

const sketch: PlanSketch = {
  services: {
    accounts: { tables: ['users', 'notes'], compat: { users: 'search-path' } },
    sales: { tables: ['orders'], compat: 'none' },
    work: { tables: ['jobs', 'slots'], compat: 'shell' },
  },
  phases: [{ name: 'all at once', switch: ['accounts', 'sales', 'work'] }],
  searchPath: { roles: [role] },
  allow: uncounted('public.jobs', 'public.slots'),
}

async function scene(prefix: string): Promise<FreshDatabase> {
  const database = await freshDatabase(prefix)
  await sql(database.url, schema)
  return database
}

/** A new session of the application, with the path its role has now. */
function app(database: FreshDatabase): Promise<TestClient> {
  return connect(database.url.replace(/\/\/[^@/]*@/, `//${role}@`), 'app')
}

const pathOf = `select setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where rolname = '${role}'
  and setdatabase = (select oid from pg_database where datname = current_database())`

describe('policies side by side in one phase', () => {
  test('there and back leaves everything as it was, role settings too', async () => {
    await using database = await scene('policies')
    const plan = planFor(database.url, sketch)
    const before = await dumpAll(database.url)
    for (let round = 0; round < 2; round++) {
      await run(plan, [1, 2])
      expect(await problems(plan)).toEqual([])
      await undo(plan, { to: 0 })
      expect(await dumpAll(database.url)).toBe(before)
      expect(await rowsOf(database.url, pathOf)).toEqual([])
    }
    await remove(plan)
    expect(await dump(database.url, { rows: true })).toBe(before)
  })

  test('each old name does what its policy says', async () => {
    await using database = await scene('policies')
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    expect(await rowsOf(database.url, pathOf)).toEqual([
      { setconfig: ['search_path="$user", public, accounts'] },
    ])
    // Whoever connects in the second after the change may have begun before it.
    await until(async () => {
      const [row] = await rowsOf<{ later: boolean }>(
        database.url,
        `select clock_timestamp() > max(ended_at) + interval '1 second' as later from migrate.steps where kind = 'set-path'`,
      )
      return row!.later
    })
    await using client = await app(database)
    expect(await client.value('select current_schema()')).toBe('public')
    await run(plan, [2])
    expect(await problems(plan)).toEqual([])

    // search-path: a real table by its name alone, and no old name.
    await client.query(
      `insert into users (email) values ('u6') on conflict on constraint users_email_key do nothing`,
    )
    await client.query(`update users set state = default where ctid = (select max(ctid) from users)`)
    expect(await client.value('select count(*)::int from users tablesample bernoulli (100)')).toBe(6)
    await expect(client.query('select from public.users')).rejects.toMatchObject({ code: '42P01' })
    expect(await client.value(`select nextval('users_id_seq')`)).toBe('7')
    // view, in the same service.
    expect(await client.value(`insert into public.notes (body) values ('b') returning id`)).toBe(2)
    // none.
    await expect(client.query('select from orders')).rejects.toMatchObject({ code: '42P01' })
    expect(await client.value('insert into sales.orders (user_id) values (1) returning id')).toBe('6')
    // shell: what a view cannot do, by the qualified old name.
    expect(await client.value(`insert into public.jobs (note) values ('x') returning id`)).toBe(6)
    expect(
      await client.value(`select twice from public.jobs where ctid = (select max(ctid) from public.jobs)`),
    ).toBe('xx')
    expect(await client.value(`select pg_get_serial_sequence('public.jobs', 'id')`)).toBe(
      'public.jobs_id_seq',
    )
    await client.query(
      `insert into public.jobs (id, note) values (1, 'again') on conflict (id) do update set note = excluded.note`,
    )
    await expect(client.query(`insert into public.jobs (state) values ('')`)).rejects.toMatchObject({
      code: '23514',
    })
    expect(await client.value('select count(*)::int from work.jobs')).toBe(6)
    await client.query('truncate public.slots')
    expect(await client.value('select count(*)::int from work.slots')).toBe(0)

    await run(plan, [3])
    expect(await problems(plan)).toEqual([])
    await remove(plan)
    const left = await rowsOf<{ name: string }>(
      database.url,
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'S') and nspname not in ('pg_catalog', 'information_schema') order by 1`,
    )
    expect(left.map(({ name }) => name)).toEqual([
      ...['accounts.notes', 'accounts.notes_id_seq', 'accounts.users', 'accounts.users_id_seq'],
      ...['sales.orders', 'sales.orders_id_seq', 'work.jobs', 'work.jobs_id_seq', 'work.slots'],
    ])
    expect(await client.value(`insert into users (email) values ('u9') returning id`)).toBe(8)
    expect(await client.value(`insert into work.jobs (note) values ('y') returning id`)).toBe(8)
  })

  test('rows written at any stand are there after the way back', async () => {
    await using database = await scene('policies')
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    await sql(
      database.url,
      `insert into public.jobs (note) values ('by the shell'); insert into work.jobs (note) values ('by the new name');
       insert into sales.orders (user_id) values (2); insert into accounts.users (email) values ('v')`,
    )
    await undo(plan, { to: 0 })
    expect(await rowsOf(database.url, 'select note from public.jobs where id > 5 order by id')).toEqual([
      { note: 'by the shell' },
      { note: 'by the new name' },
    ])
    expect(await rowsOf(database.url, `insert into jobs (note) values ('z') returning id`)).toEqual([
      { id: 8 },
    ])
    expect(await rowsOf(database.url, `insert into users (email) values ('w') returning id`)).toEqual([
      { id: 7 },
    ])
  })

  test('a column added to a shell arrives at the table and does not stop the way back', async () => {
    await using database = await scene('policies')
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    await sql(database.url, 'alter table public.jobs add column extra integer default 3')
    await run(plan, [2])
    expect(await rowsOf(database.url, 'select distinct extra from work.jobs')).toEqual([{ extra: 3 }])
    await undo(plan, { to: 0 })
    expect(await rowsOf(database.url, 'select distinct extra from public.jobs')).toEqual([{ extra: 3 }])
  })
})

describe('search-path', () => {
  test('a session that began before the path was set holds the switch back', async () => {
    await using database = await scene('policies')
    const plan = planFor(database.url, sketch)
    await using early = await app(database)
    await run(plan, [1])
    const refused = await failureOf(run(plan, [2]))
    expect(refused.code).toBe('preflight-refused')
    expect([refused.message, ...refused.detail].join()).toMatch(/path-sessions/)
    await early[Symbol.asyncDispose]()
    await run(plan, [2])
  })

  test('a path that somebody else has changed since is left alone by the way back', async () => {
    await using database = await scene('policies')
    const plan = planFor(database.url, sketch)
    await sql(
      database.url,
      `alter role ${role} in database ${database.name} set search_path = "My schema", public`,
    )
    await run(plan, [1])
    expect(await rowsOf(database.url, pathOf)).toEqual([
      { setconfig: ['search_path="My schema", public, accounts'] },
    ])
    await undo(plan, { to: 0 })
    expect(await rowsOf(database.url, pathOf)).toEqual([{ setconfig: ['search_path="My schema", public'] }])
    await run(plan, [1])
    await sql(database.url, `alter role ${role} in database ${database.name} set search_path = mine`)
    await undo(plan, { to: 0 })
    expect(await rowsOf(database.url, pathOf)).toEqual([{ setconfig: ['search_path=mine'] }])
  })

  test('a name that would be on the path twice is refused', async () => {
    await using database = await scene('policies')
    await sql(database.url, 'create schema sales; create table sales.users ()')
    const plan = planFor(database.url, {
      services: {
        accounts: { tables: ['users'], compat: 'search-path' },
        sales: { tables: ['orders'], compat: 'search-path' },
      },
      searchPath: { database: true },
      allow: [{ rule: 'target-schema-exists', on: 'sales', because: 'a test' }],
    })
    const refused = await failureOf(run(plan, [1]))
    expect([refused.message, ...refused.detail].join()).toMatch(/path-shadow on public.users: sales.users/)
  })

  test('the whole database may be given the path', async () => {
    await using database = await scene('policies')
    const plan = planFor(database.url, {
      services: { accounts: { tables: ['users'], compat: 'search-path' } },
      searchPath: { database: true },
    })
    const before = await dumpAll(database.url)
    await run(plan, [1, 2])
    expect(await rowsOf(database.url, 'select count(*)::int as n from users')).toEqual([{ n: 5 }])
    await undo(plan, { to: 0 })
    expect(await dumpAll(database.url)).toBe(before)
    expect(await rowsOf(database.url, 'show search_path')).toEqual([{ search_path: '"$user", public' }])
  })
})

describe('shell', () => {
  test.each([
    ['a second unique key', 'create unique index jobs_note on jobs (note)', /unique index jobs_note/],
    ['no primary key', 'alter table jobs drop constraint jobs_pkey', /no primary key/],
    ['row security', 'alter table jobs enable row level security', /row security/],
    [
      'a statement trigger',
      `create function f() returns trigger language plpgsql as 'begin return null; end'; create trigger j after insert on jobs execute function f()`,
      /statement trigger j/,
    ],
  ])('%s is refused', async (_name, change, reason) => {
    await using database = await scene('policies')
    await sql(database.url, change)
    const refused = await failureOf(run(planFor(database.url, sketch), [1]))
    expect(refused.code).toBe('preflight-refused')
    expect([refused.message, ...refused.detail].join()).toMatch(reason)
  })
})

describe('late', () => {
  const late: PlanSketch = { services: { accounts: { tables: ['users', 'orders'], compat: 'late' } } }

  test('waits while a table is used by its old name, and not for users of the facade', async () => {
    await using database = await scene('policies')
    const plan = planFor(database.url, late)
    const { switches } = phasesOf(plan)
    await run(plan, [1])
    await using old = await connect(database.url, 'old code')
    await using fresh = await connect(database.url, 'new code')
    await old.query('begin; select from public.users')
    await fresh.query('begin; select from accounts.users')
    const waiting = await failureOf(run(plan, switches))
    expect(waiting.code).toBe('gate-waiting')
    expect(waiting.detail.join()).toMatch(/old code/)
    expect(waiting.detail.join()).not.toMatch(/new code/)
    await old.query('commit')
    // A key is checked in the table it refers to: that is no use of that one, but the writer's own table is used.
    await fresh.query('commit; begin; insert into public.orders (user_id) values (1)')
    const writing = await failureOf(run(plan, switches))
    expect(writing.detail.filter((line) => !line.startsWith(' '))).toEqual(['public.orders'])
    await fresh.query('commit; begin; insert into accounts.orders (user_id) values (1)')
    await using reader = await connect(database.url, 'report')
    await sql(database.url, 'create view names as select email from public.users')
    await reader.query('begin; select from names')
    const stopped = new AbortController()
    const passing = run(plan, switches, {
      signal: stopped.signal,
      on: (event) =>
        event.type === 'action:retry' && void Promise.all([fresh.query('commit'), reader.query('commit')]),
    })
    await passing
    expect(await problems(plan)).toEqual([])
  })
})
