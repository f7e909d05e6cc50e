import { beforeAll, describe, expect, test } from '@jest/globals'
import { Moves } from '../../../src/rewrite/moves.ts'
import { rewriteText, type RewriteResult } from '../../../src/rewrite/rewrite.ts'
import { Parser } from '../../../src/sql/parser.ts'

const moves = new Moves([
  ...['users', 'orders', 'events', 'Mixed', '한국', 'user', 'date', 'path', 'simple'].map((name) => ({
    class: 'relation' as const,
    schema: 'public',
    name,
    target: name === 'orders' ? 'Shop X' : 'app',
  })),
  ...['users_id_seq', 'users_pkey', 'users_email_idx'].map((name) => ({
    class: 'relation' as const,
    schema: 'public',
    name,
    target: 'app',
  })),
  { class: 'routine', schema: 'public', name: 'note_user', target: 'app' },
  { class: 'type', schema: 'public', name: 'mood', target: 'app' },
])

let parser: Parser

beforeAll(async () => {
  parser = await Parser.load()
})

function rewrite(text: string, temporary: string[] = []): RewriteResult {
  return rewriteText(parser, text, moves, {
    path: ['public'],
    temporary: new Set(temporary),
    keepsUnqualified: false,
  })
}

/** What is between « and » is put in; a text without them stays as it is. */
function parts(marked: string): [before: string, after: string] {
  return [
    marked.replaceAll(/«[^»]*?(?:←([^»]*))?»/g, (_all, old?: string) => old ?? ''),
    marked.replaceAll(/«([^»]*?)(?:←[^»]*)?»/g, '$1'),
  ]
}

/** `«app.»users` is what becomes of `users`, `«app←public».users` of `public.users`. */
const rewritten = [
  'select * from «app.»users',
  'select * from «app←public».users',
  'select * from "«app»"'.replace('"«app»"', '«app←"public"».users'),
  'select * from «app.»USERS u join «"Shop X".»orders o on o.user_id = u.id',
  'select * from «app.»users, lateral (select * from «"Shop X".»orders where user_id = users.id) x',
  'select * from only «app.»users, only («app.»events), «app.»users *',
  'select * from «app.»users tablesample system (1)',
  'table «app.»users',
  'insert into «app.»users (id) select id from «app.»events on conflict (id) do update set id = users.id + excluded.id',
  'update «app.»users set a = 1 from «app.»events where users.id = events.id',
  'delete from «app.»users using «app.»events e where e.id = users.id',
  'merge into «app.»users u using «app.»events e on true when matched then delete',
  'select 1 as a into «app.»users',
  'copy «app.»users (id) from stdin',
  'copy (select * from «app.»users) to stdout',
  'truncate «app.»users, «"Shop X".»orders cascade',
  'lock table «app.»users in share mode',
  'alter table «app.»users add column users int',
  'alter table if exists only «app←public».users rename column id to users',
  'alter sequence «app.»users_id_seq owned by «app.»users.id',
  'alter index «app.»users_pkey rename to users',
  'alter table «app.»events attach partition «app.»users for values in (1)',
  'alter table «app.»events inherit «app.»users',
  'create table «app.»users (id int references «"Shop X".»orders (id), like «app.»events)',
  'create table other (id int) inherits («app.»users)',
  'create table other partition of «app.»users default',
  'alter table «app.»users add constraint users foreign key (a) references «"Shop X".»orders',
  'create index users on «app.»users (id)',
  'create view v as select * from «app.»users',
  'create materialized view «app.»users as select 1',
  'create trigger users after insert on «app.»users for each row execute function «app.»note_user()',
  'create constraint trigger x after insert on «app.»users from «"Shop X".»orders for each row execute function f()',
  'create rule users as on insert to «app.»users do also insert into «app.»events values (new.id)',
  'create policy users on «app.»users using (exists (select from «app.»events))',
  'create statistics s on a, b from «app.»users',
  'grant select on «app.»users, «"Shop X".»orders to users',
  'grant usage on sequence «app.»users_id_seq to x',
  'grant execute on function «app.»note_user() to x',
  'vacuum analyze «app.»users',
  'analyze «app.»users (id), «app.»events',
  'cluster «app.»users using users_pkey',
  'reindex index «app.»users_pkey',
  'refresh materialized view «app.»users',
  'create publication p for table «app.»users where (id > 1), «app.»events',
  'declare users cursor for select * from «app.»users',
  'prepare users as select * from «app.»users where id = $1',
  'explain (costs off) select * from «app.»users',
  'create sequence «app.»users_id_seq owned by «app.»users.id',
  'create function f() returns int begin atomic select count(*) from «app.»users; end',
  'drop table if exists «app.»users, other, «"Shop X"←public».orders cascade',
  'drop index concurrently «app.»users_email_idx',
  'drop sequence «app.»users_id_seq',
  'drop trigger users on «app.»users',
  'drop policy if exists x on «app←public».users',
  'drop function «app.»note_user()',
  'drop type «app.»mood',
  `comment on table «app.»users is 'the users'`,
  `comment on column «app←public».users.users is ''`,
  `comment on trigger users on «app.»users is ''`,
  `comment on constraint users on «app.»users is ''`,
  'with x as (select * from «app.»users) select * from x, «app.»users',
  'with users as (select * from «app.»users) insert into «app.»users select * from users',
  'with recursive x as (select 1 union select n from x, «app.»users) select * from x',
  'with a as (insert into «app.»users default values returning *) select * from a',
  'select «app←public».users.id, «app←public».users.* from «app←public».users',
  'select db.«app←public».users.id from db.«app←public».users',
  'create table t (u «app.»users, v «app←public».users[], w «app.»mood)',
  'select null::«app.»users, cast(x as setof_x), x::«app.»mood[] from t',
  "create function f(u «app.»users, i «app.»users.id%type) returns setof «app.»users language sql as ''",
  'select «app.»note_user(), «app←public».note_user()',
  `select nextval('«app.»users_id_seq'), currval('«app←public».users_id_seq'), '«app.»users'::regclass, regclass '«app.»users'`,
  `select nextval(('«app.»users_id_seq'::text)::regclass), to_regclass('«app.»"Mixed"'), pg_total_relation_size('«"Shop X".»orders')`,
  `select 'It''s', E'«app.»users'::regclass, $$«app.»users$$::regclass, pg_get_serial_sequence('«app.»users', 'users')`,
  'select * from «app.»"Mixed", «app.»한국, «app.»"user", «app.»date',
  'select * from «app←public» /* a */ . -- b\n users',
  "/* 한국어 😀 */ select '😀' from «app.»users",
  'select * from «app.»users where id in (1, 2) and name = any (array[$1, $2])',
  'select 1; select * from «app.»users; ; update «app.»users set a = 1;',
  // Relations, where each has a place in the tree.
  'alter view «app.»users rename to x',
  'alter foreign table «app.»users options (add a $$b$$)',
  'alter table «app.»events detach partition «app.»users concurrently',
  'alter table «app.»events no inherit «app.»users',
  'create foreign table «app.»users (id int) server s',
  'insert into «app.»users as users (id) values (1) on conflict (id) do update set id = users.id returning users',
  'select * from «app.»users for update of users',
  'set constraints «app.»users_pkey deferred',
  `select * from json_table((select x from «app.»users), '$' columns (a «app.»mood))`,
  'select sum(x) over (order by (select 1 from «app.»users)) from t',
  'alter table «app.»users alter id add generated always as identity (sequence name «app←public».users_id_seq start 1)',
  'create table «app.»users (id int generated always as identity (sequence name users_id_seq))',
  // A composite type is named where tables are.
  'create type «app.»mood as (a int)',
  'alter type «app←public».mood add attribute b int',
  'alter type «app.»mood rename attribute a to mood',
  `comment on column «app.»mood.a is ''`,
  // No place in the tree.
  'drop view «app.»users',
  'drop materialized view «app←public».users, x',
  'drop foreign table if exists «app.»users',
  'drop rule users on «app.»users',
  `comment on rule users on «app.»users is ''`,
  `comment on policy users on «app.»users is ''`,
  `comment on constraint users on domain «app.»mood is ''`,
  `security label for x on table «app.»users is 'y'`,
  `security label on column «app←public».users.id is 'y'`,
  'alter table «app.»users set schema archive',
  // Routines, also where the grammar has them for types or keeps no node of their own.
  'call «app.»note_user()',
  `call «app←public».note_user(nextval('«app.»users_id_seq'))`,
  'alter function «app.»note_user(«app.»users) strict',
  'alter procedure «app←public».note_user() reset all',
  'create cast («app.»users as text) with function «app.»note_user(«app.»users)',
  'create transform for «app.»users language x (from sql with function «app.»note_user(internal))',
  'create operator class o for type «app.»users using btree as function 1 «app.»note_user(«app.»users)',
  'create aggregate a («app.»users) (sfunc = «app.»note_user, stype = «app.»mood, finalfunc = «app←public».note_user)',
  'create aggregate «app.»note_user (int) (sfunc = f, stype = int)',
  'create operator === (leftarg = «app.»users, function = «app.»note_user, restrict = «app←public».note_user)',
  'create type «app.»mood (input = «app.»note_user, output = f)',
  'create type «app.»mood as range (subtype = int, subtype_diff = «app.»note_user)',
  'alter type «app.»mood set (receive = «app.»note_user)',
  'create language x handler «app.»note_user inline «app←public».note_user validator f',
  'create foreign data wrapper x handler «app.»note_user validator «app←public».note_user',
  'create access method x type table handler «app.»note_user',
  `create conversion x for 'UTF8' to 'LATIN1' from «app.»note_user`,
  'create function f() returns int support «app.»note_user return 1',
  // What CREATE SCHEMA makes is in the new schema; what it names besides is looked for as ever.
  'create schema s create table users (id int references «"Shop X".»orders) create view v as select * from users, «app.»events, «app←public».users',
]

/** Spelled alike, and not meant. */
const kept = [
  'select * from other.users',
  'with users as (select 1) select * from users',
  'with users as (select 1), x as (select * from users) select * from x',
  'with recursive users as (select 1 union select * from users) select * from users',
  'select * from (with users as (select 1) select * from users) x',
  'select users.id, users.* from t as users',
  'select users from t as users for update of users',
  'select 1 as users',
  'create index users on t (users)',
  'alter table t add constraint users check (users > 1)',
  'import foreign schema s limit to (users) from server x into y',
  'create schema s create table users (id int)',
  'select "Users" from "USERS", mixed',
  'create text search dictionary d (template = simple)',
  'select x::date, y::path, $1::date',
  'select other.note_user()',
  'select users(1)',
  'drop table other.users',
  '-- users\n/* from users */ select 1',
  'listen users',
  'drop table a.users.b',
  'call other.note_user()',
  'create cast (a as b) with function other.note_user(a)',
  'create aggregate other.note_user (int) (sfunc = other.note_user, stype = int)',
  'create text search template t (init = note_user, lexize = note_user_too)',
  'create type other.mood as enum ($$a$$)',
  'comment on rule users on other.users is null',
  'security label on table other.users is null',
  'create schema s create table users (id int) create index on users (id) grant select on users to x',
]

/** Reported, as nothing can be put into such a string or what it means shows only when it runs. */
const undecided = [
  `select U&'users'::regclass`,
  `select U&'\\0075sers'::regclass`,
  `select nextval('users_id'\n'_seq')`,
  `select 'us'\n'ers'`,
  `create function f() returns int language sql as U&'select 1 from users'`,
  `create function f() returns int language sql as 'select 1 from users'\n'2'`,
  `do 'begin perform from '\n'users; end'`,
  `select 'note_user(int)'::regprocedure, array['users']::regclass[], '{users}'::regclass[]`,
  `select 1 where oid::regclass::text like 'users%'`,
  `select 1 where table_name = 'users'`,
  `select * from dblink('x', 'select * from users') as t (a int)`,
]

describe('is rewritten', () => {
  test.each(rewritten)('%s', (marked) => {
    const [before, after] = parts(marked)
    const result = rewrite(before)
    expect(result.problem).toBeUndefined()
    expect(result.text).toBe(after)
    const again = rewrite(after)
    expect([again.text, again.isChanged]).toEqual([after, false])
  })
})

describe('is told', () => {
  test.each(undecided)('%s', (text) => {
    const result = rewrite(text)
    expect([result.text, result.problem]).toEqual([text, undefined])
    expect(result.mentions.map(({ kind }) => kind)).toContain('undecided')
  })
})

describe('is kept', () => {
  test.each(kept)('%s', (text) => {
    const result = rewrite(text)
    expect([result.text, result.problem]).toEqual([text, undefined])
  })

  test('a temporary table', () => {
    expect(rewrite('select * from users', ['users']).isChanged).toBe(false)
    expect(rewrite('select * from public.users', ['users']).isChanged).toBe(true)
  })
})
