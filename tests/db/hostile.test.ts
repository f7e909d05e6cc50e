import { expect, test } from '@jest/globals'
import { connect, rowsOf, sql, type TestClient } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { run } from '../support/run.ts'
import { loginRoles } from '../support/sample.ts'

/** A role that logs in, may make temporary objects, and tries to become a superuser by code that others run. */
const intruder = 'hostile_intruder'

/** What makes whoever runs it give the role all rights, and fails nobody’s statement. */
const seize = `
  begin
    if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then execute 'alter role ${intruder} superuser'; end if;
  exception when others then null;
  end;`

async function isSuperuser(url: string): Promise<boolean> {
  const [row] = await rowsOf<{ is: boolean }>(
    url,
    `select rolsuper as is from pg_roles where rolname = '${intruder}'`,
  )
  return row!.is
}

async function tried(client: TestClient, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.query(statement).catch(() => undefined)
}

/** Everything that the tool’s functions name, put before it by objects of the session. */
const shadows = [
  `create function pg_temp.go() returns boolean language plpgsql as $$begin ${seize} return true; end$$`,
  ...[
    'pg_class',
    'pg_index',
    'pg_trigger',
    'pg_policy',
    'pg_rewrite',
    'pg_namespace',
    'pg_proc',
    'pg_type',
  ].map((name) => `create temp view ${name} as select * from pg_catalog.${name} where pg_temp.go()`),
  ...['runs', 'mappings', 'objects', 'drift'].map((name) => `create temp table ${name} (id int)`),
  `create function pg_temp.format(text, name, text) returns text language plpgsql as $$begin ${seize} return ''; end$$`,
  `create function pg_temp.current_setting(text) returns text language plpgsql as $$begin ${seize} return ''; end$$`,
  `create type pg_temp.record as (a int)`,
  `create domain pg_temp.regclass as text check (pg_temp.go())`,
]

test('no object of a session is found by what the tool runs in it: structure, uses of old names, direct calls', async () => {
  await loginRoles([intruder])
  await using database = await freshDatabase('hostile')
  await sql(
    database.url,
    `create table public.users (id serial primary key, email text); grant all on public.users to ${intruder};
     grant create on schema public to ${intruder}`,
  )
  const plan = planFor(database.url, { services: { accounts: ['users'] } })
  for (const phase of [1, 2]) {
    await run(plan, [phase])
    await using client = await connect(database.url.replace('postgres@', `${intruder}@`), 'intruder')
    expect(await client.value('select session_user')).toBe(intruder)
    await tried(
      client,
      ...shadows,
      'create temp table anything ()',
      'create table public.mine (id int)',
      'drop table public.mine',
    )
    await tried(client, 'set search_path = pg_temp, public, pg_catalog', 'create temp table another ()')
    await tried(client, 'select * from public.users', "insert into public.users (email) values ('x')")
    const functions = await rowsOf<{ call: string }>(
      database.url,
      `select format('select %I.%I()', n.nspname, p.proname) as call from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname ~ '^migrate'`,
    )
    await tried(client, ...functions.map(({ call }) => call))
    expect(await isSuperuser(database.url)).toBe(false)
  }
})
