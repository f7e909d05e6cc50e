import { beforeAll, expect, test } from '@jest/globals'
import { reasonAgainst, type Callable } from '../../../src/restore/plain-allowed.ts'
import { readPlain, type LeftOut } from '../../../src/restore/plain-filter.ts'
import { Parser } from '../../../src/sql/parser.ts'

let parser: Parser
const callable: Callable = {
  allowed: new Set(['lower', 'nextval', 'setval', 'now']),
  all: new Set(['lower', 'nextval', 'setval', 'now', 'pg_read_file', 'lo_import', 'set_config']),
}

beforeAll(async () => {
  parser = await Parser.load()
})

/** The statements, and rows of COPY, that a text is read as; those that are run, and why others are not. */
async function read(text: string): Promise<{ found: string[]; against: string[]; leftOut: object }> {
  const leftOut: LeftOut = new Map()
  const found: string[] = []
  const against: string[] = []
  for await (const piece of readPlain(lines(text), parser, leftOut)) {
    const reason = reasonAgainst(piece.tree, callable)
    if (reason !== undefined) against.push(reason)
    found.push(piece.text.trim())
    if (reason === undefined && piece.rows) for await (const row of piece.rows) found.push(row)
  }
  return { found, against, leftOut: Object.fromEntries(leftOut) }
}

async function* lines(text: string): AsyncGenerator<string> {
  yield* await Promise.resolve(text.split('\n'))
}

test.each<[string, string, number]>([
  ['quotes', `insert into t values ('a;b', E'it\\'s; \\\\', 'it''s;\n\\connect x');`, 1],
  ['an identifier', `create table "a;b""c" (n int);`, 1],
  ['comments', `/* a ; /* b ; */ \\c x */ select 1; -- '; \\! ls\nselect 2;`, 2],
  ['rows', `copy t (a, b) from stdin;\n1\t\\N\n;\t'\n\\connect\t\\\\\n\\.\nselect 1;`, 5],
  ['an index', `create index on t (lower(a)) where b is not null;`, 1],
  [
    'defaults',
    `create table t (n int default nextval('s'::regclass), at timestamp default pg_catalog.now());`,
    1,
  ],
  ['a sequence', `SELECT pg_catalog.setval('s', 1, true);`, 1],
  ['the path', `SELECT pg_catalog.set_config('search_path', '', false);`, 1],
])('%s are read whole, and run', async (_what, text, count) => {
  const { found, against, leftOut } = await read(text)
  expect(found).toHaveLength(count)
  expect(against).toEqual([])
  expect(leftOut).toEqual({})
})

test.each<[string, string]>([
  [
    `create function f() returns void as $b$ begin; $x$ ; $x$ \n\\! ls\n end $b$ language plpgsql;`,
    'functions',
  ],
  [`create function f() returns int language sql begin atomic\n select 1;\n select 2;\nend;`, 'functions'],
  [
    `create rule r as on insert to t do also (insert into u values (1); insert into u values (2));`,
    'functions',
  ],
  ['do $$ begin end $$;', 'DO blocks'],
  ['create event trigger e on ddl_command_end execute function f();', 'event triggers'],
  ['create extension dblink;', 'extensions'],
  ['create or replace trusted language plperl;', 'extensions'],
  ['alter role evil superuser;', 'statements about roles'],
  ['grant admin to evil;', 'statements about roles'],
  ['set role evil;', 'owners'],
  ['set session authorization evil;', 'owners'],
  [`set local session_preload_libraries = 'x';`, 'settings'],
  [`load 'x';`, 'LOAD'],
  [`copy t from '/etc/passwd';`, 'COPY of a file'],
  [`copy t from program 'id';`, 'COPY of a file'],
  [`copy (select 'x from stdin') to program 'id';`, 'COPY of a file'],
  [`COPY (SELECT 'x from stdin') TO STDOUT;`, 'COPY of a file'],
  [`copy pg_authid from stdin;\n\\.`, 'what reads or writes system catalogs'],
  [`insert into pg_catalog.pg_auth_members values (1);`, 'what reads or writes system catalogs'],
  [`insert into t select 1;`, 'INSERT of what a query finds'],
  [
    `insert into t values ((select rolpassword from pg_authid limit 1));`,
    'what reads or writes system catalogs',
  ],
  [`with w as (update pg_authid set rolsuper = true) select 1;`, 'what reads or writes system catalogs'],
  [`update t set a = 1;`, 'other statements'],
  [`insert into t values (pg_read_file('x'));`, 'what calls pg_read_file()'],
  [`insert into t values (pg_catalog."lo_import"('x'));`, 'what calls pg_catalog.lo_import()'],
  [`select U&"\\0070g_read_file"('x');`, 'what calls pg_read_file()'],
  [`select ('x'::text).pg_read_file;`, 'what may call pg_read_file()'],
  [`select x.pg_read_file from lower('x') x;`, 'what may call pg_read_file()'],
  [`select set_config('role', 'postgres', false);`, 'what calls set_config()'],
  [`create table t (a text default pg_read_file('x'));`, 'what calls pg_read_file()'],
  [`create table t (a text generated always as (public.f()) stored);`, 'what calls public.f()'],
  [`create table t (a text check (evil.lower(a) is null));`, 'what calls evil.lower()'],
  [`create index on t (evil.f(a));`, 'what calls evil.f()'],
  [`create materialized view v as select lo_import('x');`, 'what calls lo_import()'],
  [`create view v as select * from pg_read_file('x');`, 'what calls pg_read_file()'],
  [`create domain d as text check (dblink(value) is null);`, 'what calls dblink()'],
  [`create policy p on t using (dblink_exec('') is null);`, 'what calls dblink_exec()'],
  [`alter table t alter a type text using pg_read_file(a);`, 'what calls pg_read_file()'],
  [`alter table t alter a set default lo_import('x');`, 'what calls lo_import()'],
  [`create schema s authorization evil;`, 'owners'],
  [`create schema s create view v as select 1;`, 'owners'],
  ['create trigger g before insert on t for each row execute function f();', 'functions'],
  ['create operator class c for type int using btree as function 1 f(int, int);', 'aggregates'],
  ['create cast (a as text) with function f(a);', 'aggregates'],
  ['create server s foreign data wrapper w;', 'foreign'],
  ['create user mapping for current_user server s;', 'foreign'],
  ['drop table t;', 'other statements'],
  ['explain analyze select lo_import(1);', 'other statements'],
  [`execute p;`, 'other statements'],
])('left out: %s', async (text, reason) => {
  expect((await read(text)).against).toEqual([expect.stringMatching(`^${reason.replaceAll(/[()]/g, '.')}`)])
})

test('the commands that pg_dump writes are passed over', async () => {
  const { found, against, leftOut } = await read(
    `\\connect heal7\n\\restrict abc\nALTER TABLE public.users OWNER TO nobody;\nALTER
  DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b; select 1;\nGRANT ALL ON TABLE t TO x;\n\\unrestrict abc`,
  )
  expect(found).toHaveLength(4)
  expect(against).toEqual(['owners', 'privileges', 'privileges'])
  expect(leftOut).toEqual({ '\\connect': 1 })
})

test.each([
  ['\\connect a\n\\connect b', 'restore-refused'],
  ['\\i other.sql', 'restore-refused'],
  ['select 1 \\gexec', 'restore-refused'],
  [`copy (select 'x from stdin') to stdout;\n\\! id\n\\.`, 'restore-refused'],
  ['copy t from stdin; select 1;\n\\.', 'restore-refused'],
  [`select 'open`, 'backup-corrupt'],
  ['copy t from stdin;\n1', 'backup-corrupt'],
  ['create table t (', 'backup-corrupt'],
  ['create tabel t ();', 'command-failed'],
  ['-- PostgreSQL database dump\n\nselect 1;', 'backup-corrupt'],
])('%j is refused', async (text, code) => {
  await expect(read(text)).rejects.toMatchObject({ code })
})
