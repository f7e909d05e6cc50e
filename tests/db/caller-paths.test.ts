import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { findingsOf } from '../facts/findings.ts'
import { connect, rowsOf, sql, type TestClient } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { run, undo } from '../support/run.ts'
import { loginRoles } from '../support/sample.ts'

const role = 'paths_reader'

/**
 * Functions that find what they name by their callers' search_path: in a schema of extensions that the database's path
 * holds, in the schema of a tenant, in the query that they are inlined into.
 */
const schema = `
  create schema tools; create schema tenant;
  create function tools.token() returns text language sql as $$ select 'made' $$;
  create table public.users (id serial primary key, name text, token text);
  create table public.user_log (id serial primary key, line text);
  create table public.audit_log (id serial primary key, what text);
  create table public.docs (id int primary key, org_id int not null, t text);
  create table public.org (id int primary key);
  create table tenant.orders (id serial primary key, name text);
  create table tenant.audit_log (id serial primary key, what text);
  create function public.user_token() returns trigger language plpgsql as $$ begin
    new.token := token(); insert into user_log (line) values (new.name); return new; end $$;
  create trigger t before insert on public.users for each row execute function public.user_token();
  create function public.log_change() returns trigger language plpgsql as $$ begin
    insert into audit_log (what) values (tg_table_name); return new; end $$;
  create trigger l after insert on public.users for each row execute function public.log_change();
  create trigger l after insert on tenant.orders for each row execute function public.log_change();
  create function public.mine(o int) returns boolean language sql stable as $$ select o = current_setting('app.org_id')::int $$;
  create function public.known(o int) returns boolean language sql stable as $$ select o in (select id from org) $$;
  insert into public.docs select i, i % 500, 'x' from generate_series(1, 5000) i;
  create index docs_org on public.docs (org_id);
  alter table public.docs enable row level security;
  create policy p on public.docs using (mine(org_id));
  create policy q on public.docs as restrictive using (known(org_id) or true);
  grant select on public.docs, public.org to ${role};
  grant select on public.users to ${role};
  analyze;`

let database: FreshDatabase
beforeAll(async () => {
  await loginRoles([role])
  database = await freshDatabase('paths')
  await sql(
    database.url,
    `do $$ begin execute format('alter database %I set search_path = "$user", public, tools', current_database()); end $$; ${schema}`,
  )
})
afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

/** What clients of the old name see, who know nothing of the move. */
async function seen(): Promise<unknown> {
  await using reader = await connect(database.url.replace(/\/\/[^@/]*@/, `//${role}@`))
  await reader.query(`set app.org_id = '7'`)
  const plan = await reader.rows(`explain (costs off) select * from public.docs`)
  await using client = await connect(database.url)
  const written = await client.rows(`insert into public.users (name) values ('a') returning token`)
  return { plan, written, logged: await logged(client) }
}

/** A tenant's row is logged with the tenant. */
async function logged(client: TestClient): Promise<unknown> {
  await client.query(`set search_path = tenant, public, tools; insert into orders (name) values ('x')`)
  return client.rows(
    `select (select count(*) from tenant.orders) = (select count(*) from tenant.audit_log) as complete,
            exists (select from public.audit_log where what = 'orders') as strayed`,
  )
}

const functions = `select p.oid::regprocedure::text as name, p.prosrc, p.proconfig, p.proacl::text from pg_proc p where pronamespace = 'public'::regnamespace order by 1`

test('what they find so is told, as a warning where a client is known to have another path', async () => {
  const found = async (searchPath: string[]): Promise<string[]> =>
    (
      await findingsOf(
        planFor(database.url, { services: { svc: { tables: ['users', 'docs'], searchPath } } }),
      )
    )
      .filter(({ rule }) => rule === 'routine-follows-caller')
      .map(({ severity, on, text }) => `${severity} ${on} ${text}`)
  const [first, ...more] = await found(['svc'])
  expect(first).toBe(
    'warning public.known(o integer) rows of public.docs make it run, and it finds org by the search_path of whoever writes them: a client of the new name whose path does not hold public fails',
  )
  expect(more.map((line) => line.split(' rows')[0])).toEqual([
    'warning public.log_change()',
    'warning public.user_token()',
  ])
  expect((await found(['svc', 'public'])).map((line) => line.split(' ')[0])).toEqual(['info', 'info', 'info'])
})

/** Without the function that counts uses of the old name, of which plans would tell. */
const uncounted = { defaults: { countUses: false } }

test('functions that find names by their callers’ search_path are left as they are, at every stand', async () => {
  const plan = planFor(database.url, {
    services: { svc: { tables: ['users', 'user_log', 'docs', 'org'], roles: [role] } },
    ...uncounted,
  })
  const before = await seen()
  const bodies = await rowsOf(database.url, functions)
  expect(before).toMatchObject({
    written: [{ token: 'made' }],
    logged: [{ complete: true, strayed: false }],
  })
  await run(plan, [1])
  expect(await rowsOf(database.url, functions)).toEqual(bodies)
  expect(await seen()).toEqual(before)
  await run(plan, [2])
  expect(await rowsOf(database.url, functions)).toEqual(bodies)
  expect(await seen()).toEqual(before)
  await undo(plan, { to: 0 })
  expect(await seen()).toEqual(before)
  expect(await rowsOf(database.url, functions)).toEqual(bodies)
})

test('the name of a tenant’s table is not decided for its callers, and says where else it leads', async () => {
  const found = async (tables: string[], more = ''): Promise<string[]> => {
    await sql(database.url, more)
    const plan = planFor(database.url, { name: 'other', services: { svc: tables } })
    return (await findingsOf(plan))
      .filter(({ rule }) => rule === 'body-undecided')
      .map(({ severity, on, text }) => `${severity} ${on} ${text}`)
  }
  expect(await found(['audit_log'])).toEqual([
    'error public.log_change() nobody can decide what audit_log in its text means: line 2: audit_log (its callers decide: rows of tenant.orders make it run as well, for which tenant.audit_log may be meant)',
  ])
  // Not a trigger function, but a copy of the table for each tenant; one of other columns is none.
  const counting = `create table tenant.docs (id int, org_id int, t text); create schema elsewhere; create table elsewhere.org (other int);
    create function public.counted() returns bigint language sql as 'select count(*) from docs';
    create function public.orgs() returns bigint language sql as 'select count(*) from org'`
  expect(await found(['docs', 'org'], counting)).toEqual([
    'error public.counted() nobody can decide what docs in its text means: line 1: docs (its callers decide: tenant.docs has the same columns, and may be the one on their search_path)',
  ])
  const setting = `alter role ${role} in database ${database.name} set search_path = elsewhere, public`
  expect((await found(['org'], setting)).map((line) => line.split(' line 1: ')[1])).toEqual([
    `org (its callers decide: the search_path of role ${role} finds another)`,
    `org (its callers decide: the search_path of role ${role} finds another)`,
  ])
})

test('a function that would find nothing after the switch is told where nothing is left at the old name', async () => {
  const found = async (compat: 'none' | 'search-path', more: object = {}): Promise<string[]> =>
    (
      await findingsOf(
        planFor(database.url, {
          name: 'other',
          services: { svc: { tables: ['users'], compat } },
          ...more,
        }),
      )
    )
      .filter(({ rule }) => rule.startsWith('routine-') && rule !== 'routine-follows-caller')
      .map(({ severity, rule, on, remedy }) => `${severity} ${rule} ${on}: ${remedy}`)
  await sql(
    database.url,
    `create function public.fixed() returns bigint language sql set search_path = tools, public, pg_temp as 'select count(*) from users';
     create function public.written() returns bigint language sql as 'select count(*) from public.users';
     create function public.bare() returns bigint language sql as 'select count(*) from users -- public.users'`,
  )
  const lines = [
    'error routine-names-old-table public.written(): write the new names there, which work from expand on',
    'error routine-path-lacks-schema public.bare(): write the new names there, which work from expand on, or give its callers the new schemas by `searchPath`',
    'error routine-path-lacks-schema public.fixed(): alter routine public.fixed() set search_path = tools, public, svc, pg_temp',
  ]
  expect((await found('none')).filter((line) => line.startsWith('error'))).toEqual(lines)
  const given = await found('search-path', { searchPath: { roles: [role] } })
  expect(given.filter((line) => line.startsWith('error'))).toEqual([lines[0], lines[2]])
})
