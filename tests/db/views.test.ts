import { beforeAll, describe, expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dump, dumpAll } from '../support/dump.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { failureOf, problems, remove, run, surveyed, undo } from '../support/run.ts'

const role = 'views_app'

beforeAll(() =>
  sharedCluster().sql(
    'postgres',
    `do $$ begin create role ${role} login; exception when duplicate_object or unique_violation then null; end $$`,
  ),
)

/** One view of every kind: updatable, with a check, not updatable, with a trigger or a rule instead, invoker, barrier, materialized. */
const schema = `
  create table users (id serial primary key, email text not null, tenant integer default 1);
  create table orders (id serial primary key, user_id integer references users, total numeric default 0);
  insert into users (email, tenant) select 'u' || n, n % 2 from generate_series(1, 6) n;
  insert into orders (user_id, total) select n, n from generate_series(1, 6) n;
  create view plain as select id, email, tenant from users;
  alter view plain alter tenant set default 7;
  create view checked as select id, email, tenant from users where tenant = 1 with check option;
  create view totals as select u.id, u.email, sum(o.total) as total from users u join orders o on o.user_id = u.id group by u.id, u.email;
  create function add_total() returns trigger language plpgsql security definer as $$
    begin insert into users (email) values (new.email); return new; end $$;
  create view triggered as select id, email, count(*) as n from users group by id, email;
  create trigger add_total instead of insert on triggered for each row execute function add_total();
  create view ruled as select id, email, count(*) as n from users group by id, email;
  create rule add as on insert to ruled do instead insert into users (email) values (new.email);
  create view barrier with (security_barrier) as select id, email from users where tenant = 0;
  create materialized view summary as select tenant, count(*) as n from users group by tenant;
  create unique index summary_tenant on summary (tenant);
  create view upper_layer as select * from totals where total > 2;
  comment on view plain is 'people'; comment on materialized view summary is 'numbers';
  grant select, insert, update on plain, checked, triggered, ruled to ${role};
  grant select (id, email) on totals to ${role};
  grant select on summary, barrier to ${role}; grant usage on sequence users_id_seq to ${role};`

const views = ['plain', 'checked', 'totals', 'triggered', 'ruled', 'barrier', 'summary']

const sketch: PlanSketch = {
  services: {
    accounts: { tables: ['users'], views },
    sales: { tables: ['orders'], views: ['upper_layer'], compat: { upper_layer: 'none' } },
  },
}

async function scene(): Promise<FreshDatabase> {
  const database = await freshDatabase('views')
  await sql(database.url, schema)
  return database
}

/** What the application does by one set of names. */
async function use(database: FreshDatabase, at: string): Promise<void> {
  await using client = await connect(database.url.replace(/\/\/[^@/]*@/, `//${role}@`), 'app')
  await client.query(`insert into ${at}.plain (email) values ('p')`)
  await client.query(`update ${at}.plain set email = 'q' where email = 'p'`)
  await client.query(`insert into ${at}.checked (email, tenant) values ('c', 1)`)
  await client.query(`insert into ${at}.triggered (email) values ('t')`)
  await client.query(`insert into ${at}.ruled (email) values ('r')`)
  await client.query(`select id, email from ${at}.totals`)
  await client.query(`select * from ${at}.summary`)
  await client.query(`select * from ${at}.barrier`)
  for (const [statement, state] of [
    [`insert into ${at}.checked (email, tenant) values ('c', 2)`, '44000'],
    [`insert into ${at}.totals (email) values ('c')`, '55000'],
    [`select total from ${at}.totals`, '42501'],
    [`delete from ${at}.plain`, '42501'],
  ] as const)
    await expect(client.query(statement)).rejects.toMatchObject({ code: state })
}

describe('views and materialized views of a service', () => {
  test('work by both names in every phase, and go back to what they were', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    const before = await dumpAll(database.url)
    await run(plan, [1])
    await use(database, 'public')
    await use(database, 'accounts')
    expect(await problems(plan)).toEqual([])
    await undo(plan, { to: 0 })
    await sql(database.url, `delete from users where id > 6; select setval('users_id_seq', 6)`)
    expect(await dumpAll(database.url)).toBe(before)

    await run(plan, [1, 2, 3])
    await use(database, 'public')
    await use(database, 'accounts')
    expect(await problems(plan)).toEqual([])
    expect(
      await rowsOf(
        database.url,
        `select relname as name, relkind as kind from pg_class where relnamespace = 'accounts'::regnamespace and relkind in ('v', 'm', 'r') order by 1`,
      ),
    ).toEqual(
      [...views, 'users']
        .toSorted()
        .map((name) => ({ name, kind: name === 'summary' ? 'm' : name === 'users' ? 'r' : 'v' })),
    )
    await sql(database.url, `refresh materialized view concurrently accounts.summary`)
    await expect(sql(database.url, 'select * from public.upper_layer')).rejects.toMatchObject({
      code: '42P01',
    })
    await undo(plan, { to: 0 })
    await sql(
      database.url,
      `delete from users where id > 6; select setval('users_id_seq', 6); refresh materialized view summary`,
    )
    expect(await dumpAll(database.url)).toBe(before)
    await remove(plan)
    expect(await dump(database.url, { rows: true })).toBe(before)
  })

  test('end at their new names with contract, whose undo makes the old ones again', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2, 3])
    const switched = await dumpAll(database.url)
    await run(plan, [4])
    await expect(sql(database.url, 'select * from public.plain')).rejects.toMatchObject({ code: '42P01' })
    await use(database, 'accounts')
    await undo(plan, { to: 3 })
    await use(database, 'public')
    await sql(database.url, `delete from users where id > 6; select setval('users_id_seq', 6)`)
    expect(await dumpAll(database.url)).toBe(switched)
  })

  test('their old names count who uses them', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2, 3])
    await use(database, 'public')
    expect((await failureOf(run(planFor(database.url, { ...sketch, quiet: '1d' }), [4]))).code).toBe(
      'gate-waiting',
    )
  })

  test('a view changed since expand holds the switch up', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    await sql(
      database.url,
      'create or replace view totals as select u.id, u.email, sum(o.total) as total, count(*) as n from users u join orders o on o.user_id = u.id group by u.id, u.email',
    )
    expect((await failureOf(run(plan, [2]))).message).toMatch(/facade/)
    await run(plan, [1, 2])
    await sql(database.url, 'select n from accounts.totals; select n from public.totals')
  })

  test('a switch locks a view alone, not what it reads', async () => {
    await using database = await scene()
    const plan = planFor(database.url, {
      services: { accounts: { views: ['totals'] } },
    })
    await run(plan, [1])
    await using reader = await connect(database.url, 'app')
    await reader.query('begin; lock table users, orders in access share mode')
    await run(plan, [2])
    await reader.query('commit')
    expect((await surveyed(plan)).facts.tables.map(({ location }) => location.stand)).toEqual(['switched'])
  })

  test('a view among the tables, and a table among the views, are told apart', async () => {
    await using database = await scene()
    for (const [services, message] of [
      [{ a: { tables: ['plain'] } }, /is a view, not a table; name it in "views"/],
      [{ a: { tables: ['users'], views: ['orders'] } }, /is a table, not a view; name it in "tables"/],
      [{ a: { tables: ['users'], views: ['plan'] } }, /there is no view "plan".*plain/],
    ] as const)
      expect((await failureOf(run(planFor(database.url, { services }), [1]))).message).toMatch(message)
  })
})
