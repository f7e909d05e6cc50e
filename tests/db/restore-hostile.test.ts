import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMigrateError } from '../../src/errors/migrate-error.ts'
import { restorePlain } from '../../src/restore/plain.ts'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'

/** What a role without rights would have a superuser run. Each text comes after a table and before another. */
const texts: readonly ((evil: string, file: string) => string)[] = [
  (evil) => `alter role ${evil} superuser;`,
  (evil) => `do $$ begin execute 'alter role ${evil} superuser'; end $$;`,
  (evil) => `do language plpgsql E'begin execute \\'alter role ${evil} superuser\\'; end';`,
  (evil) => `create role ${evil}_made superuser login;`,
  (evil) => `grant pg_read_server_files to ${evil};`,
  (evil) => `grant pg_execute_server_program to ${evil} with admin option;`,
  (evil) => `/* x /* y */ */ alter/**/user ${evil} -- ;\n createrole;`,
  (evil) => `alter role ${evil} in database postgres set search_path = evil;`,
  (evil) => `alter role all set local_preload_libraries = '${evil}';`,
  (evil) => `update pg_authid set rolsuper = true where rolname = '${evil}';`,
  (evil) => `set search_path = pg_catalog; update pg_authid set rolsuper = true where rolname = '${evil}';`,
  (evil) =>
    `with w as (update pg_authid set rolsuper = true where rolname = '${evil}' returning 1) select * from w;`,
  (evil) =>
    `insert into pg_auth_members (oid, roleid, member, grantor) values (99999, 'pg_monitor'::regrole, '${evil}'::regrole, 10);`,
  (evil) => `copy pg_catalog.pg_db_role_setting from stdin;\n0\t0\t{work_mem=${evil.length}MB}\n\\.`,
  (_evil, file) => `COPY (SELECT 'x from stdin') TO STDOUT;\n\\! touch ${file}\n\\.`,
  (_evil, file) => `copy (select 1) to program 'touch ${file}';`,
  (_evil, file) => `copy (select 1) to '${file}';`,
  (_evil, file) => `create table p (a text); copy p from program 'touch ${file}; echo 1';`,
  (_evil, file) => `\\copy (select 1) to '${file}'`,
  (_evil, file) => `select 1 \\g ${file}`,
  (_evil, file) => `select E'\\\\'; \\! touch ${file}`,
  (_evil, file) => `\\o ${file}\nselect 1;`,
  (_evil, file) => `create table "x\n\\! touch ${file}\n" (a int);`,
  (_evil, file) => `select $a$ $b$ $a$;\n\\! touch ${file}\n-- $b$`,
  (_evil, file) => `set standard_conforming_strings = off;\nselect '\\';\n\\! touch ${file}\n';`,
  (_evil, file) => `select lo_export(lo_from_bytea(0, 'x'), '${file}');`,
  (_evil, file) =>
    `create table l (a oid default lo_export(lo_from_bytea(0, 'x'), '${file}')); insert into l default values;`,
  (_evil, file) => `create materialized view m as select lo_export(lo_from_bytea(0, 'x'), '${file}');`,
  (evil) =>
    `create table q (a xml check (query_to_xml('alter role ${evil} superuser', true, true, '') is not null)); insert into q values ('<a/>');`,
  (evil) =>
    `create table s (a text); insert into s select rolpassword from pg_authid where rolname = '${evil}';`,
  () => `create table s2 (a text); insert into s2 values (pg_read_file('postgresql.conf'));`,
  () => `create table s3 (a text); insert into s3 values (('PG_VERSION'::text).pg_read_file);`,
  () => `create table s4 (a text); insert into s4 values (current_setting('data_directory'));`,
  () => `create table s5 as select x.pg_read_file as a from lower('pg_hba.conf') x;`,
  (evil) =>
    `create function f(int) returns int immutable language plpgsql as $$ begin execute 'alter role ${evil} superuser'; return 1; end $$; create table i (a int); insert into i values (1); create index on i (f(a));`,
  (evil) =>
    `create function g() returns trigger language plpgsql as $$ begin execute 'alter role ${evil} superuser'; return new; end $$; create table j (a int); create trigger g before insert on j for each row execute function g(); insert into j values (1);`,
  (evil) =>
    `create table r (a int); create rule w as on insert to r do also update pg_authid set rolsuper = true where rolname = '${evil}'; insert into r values (1);`,
  (evil) =>
    `create function e() returns event_trigger language plpgsql as $$ begin execute 'alter role ${evil} superuser'; end $$; create event trigger e on ddl_command_end execute function e(); create table after_e (a int);`,
  () => `create extension if not exists dblink; create extension if not exists file_fdw;`,
  () => `load 'auto_explain'; set session_preload_libraries = 'auto_explain';`,
  (evil) => `set role ${evil}; reset role; set session authorization ${evil}; reset session authorization;`,
  () => `select set_config('role', 'postgres', false), pg_terminate_backend(pid) from pg_stat_activity;`,
  (evil) => `alter system set work_mem = '${evil.length}MB';`,
  (evil) => `create schema mine authorization ${evil};`,
]

let database: FreshDatabase
let folder: string
let evil: string

beforeAll(async () => {
  database = await freshDatabase('hostile')
  folder = await mkdtemp(join(tmpdir(), 'hostile-'))
  evil = `evil_${database.name}`
  await sql(database.url, `create role ${evil} login`)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function witness(): Promise<object[]> {
  return rowsOf(
    database.url,
    `select 'role' as what, rolname || rolsuper || rolcreaterole || rolcreatedb || rolbypassrls || rolreplication as is
       from pg_roles where rolname ~ '^${evil}'
     union all select 'member', roleid::regrole::text from pg_auth_members where member = '${evil}'::regrole
     union all select 'setting', setconfig::text from pg_db_role_setting where setdatabase = 0 or setconfig::text ~ 'evil'
     union all select 'code', proname from pg_proc where pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
     union all select 'event trigger', evtname from pg_event_trigger
     union all select 'extension', extname from pg_extension
     union all select 'owned', nspname from pg_namespace where nspowner = '${evil}'::regrole
     order by 1, 2`,
  )
}

test('a dump by a role without rights, restored by a superuser, gains that role nothing', async () => {
  expect(texts.length).toBeGreaterThan(40)
  const before = await witness()
  const target = { alias: 'test', url: database.url }
  const silent: number[] = []
  for (const [index, text] of texts.entries()) {
    const path = join(folder, `${index}.sql`)
    await writeFile(
      path,
      `create table public.first_${index} (a int);\n${text(evil, join(folder, `owned-${index}`))}\ncreate table public.last_${index} (a int);\n`,
    )
    try {
      const { notes } = await restorePlain(path, target, 'test')
      if (!notes.some((note) => note.startsWith('left out:'))) silent.push(index)
    } catch (error) {
      // A refusal in the tool's own words.
      if (!isMigrateError(error)) throw error
    }
  }
  expect(await witness()).toEqual(before)
  expect((await readdir(folder)).filter((name) => name.startsWith('owned'))).toEqual([])
  expect(existsSync('owned')).toBe(false)
  // The name of a table in two lines is a name, and rows of a COPY are rows.
  expect(silent.map((index) => texts[index]!('evil', 'FILE'))).toEqual([
    `create table "x\n\\! touch FILE\n" (a int);`,
  ])
  const kept = await rowsOf<{ name: string }>(
    database.url,
    `select relname as name from pg_class where relname in ('s', 's2', 's3', 's4', 's5')
        and (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from public.%I', relname), false, true, '')))[1]::text <> '0'`,
  )
  expect(kept).toEqual([])
})
