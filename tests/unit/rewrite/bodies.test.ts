import { beforeAll, expect, test } from '@jest/globals'
import { Moves } from '../../../src/rewrite/moves.ts'
import { rewriteText, type RewriteResult } from '../../../src/rewrite/rewrite.ts'
import { Parser } from '../../../src/sql/parser.ts'

const moves = new Moves(
  ['users', 'orders'].map((name) => ({ class: 'relation', schema: 'public', name, target: 'app' })),
)
const around = { path: ['public'], temporary: new Set<string>(), keepsUnqualified: false }

let parser: Parser

beforeAll(async () => {
  parser = await Parser.load()
})

function rewrite(text: string): RewriteResult {
  return rewriteText(parser, text, moves, around)
}

/** `«app.»` is put in. */
function check(marked: string): void {
  const before = marked.replaceAll(/«[^»]*»/g, '')
  const after = marked.replaceAll(/[«»]/g, '')
  const result = rewrite(before)
  expect([result.text, result.problem]).toEqual([after, undefined])
  expect(rewrite(after).isChanged).toBe(false)
}

test('a function in SQL, however its string is written', () => {
  check('create function f() returns bigint language sql as $$ select count(*) from «app.»users $$')
  check(`create function f() returns text language sql as 'select ''users'' from «app.»users'`)
  check(
    `create or replace function f() returns text as E'select \\'a\\' -- \\n from «app.»users' language sql`,
  )
  check(`create function f() returns text as $x$ select '한국' from «app.»users; select 1 $x$ language 'sql'`)
  check('create procedure p() language sql as $$ insert into «app.»users select * from «app.»orders $$')
})

test('a function in PL/pgSQL', () => {
  check(`create function f(a int, u «app.»users) returns setof «app.»users language plpgsql as $x$
declare
  r «app.»users%rowtype; n «app.»users.id%type; c cursor (k int) for select * from «app.»users where id = k; t record;
begin
  -- users and from users
  select * into strict r from «app.»users where id = a;
  select id from «app.»users into n where id = 1;
  perform note(u) from «app.»users;
  insert into «app.»orders values (r.id) returning id into n;
  for r in select * from «app.»users loop null; end loop;
  for t in execute 'select * from «app.»users' using 1 loop null; end loop;
  if exists (select from «app.»users) then return; end if;
  n := (select max(id) from «app.»users);
  execute 'delete from «app.»users where id = ' || n;
  execute 'delete from «app.»users where ' || quote_ident(x) || ' = 1 and id in (select user_id from «app.»orders)';
  execute format('select * from «app.»users where %I = %L', 'name', n) into r;
  open c(k := 3);
  return query select * from «app.»users;
  return query execute 'select * from «app.»users';
  case n when 1 then update «app.»users set a = 1; else null; end case;
  raise notice 'of %', (select count(*) from «app.»users);
  get diagnostics n = row_count;
exception when others then
  delete from «app.»orders;
end $x$`)
})

test('SQL that is put together of format() and strings', () => {
  const body = (it: string): string => `do $$ begin execute ${it}; end $$`
  check(
    body(`format('select * from «app.»users where %I = 1', x) || ' and y in (select y from «app.»orders)'`),
  )
  check(body(`'select * from «app.»users where ' || format('%I = (select 1 from «app.»orders)', x)`))
  // This is another table.
  expect(rewrite(body(`format('select * from users') || '_old'`)).isChanged).toBe(false)
  const odd = new Moves([{ class: 'relation', schema: 'public', name: 'users', target: '100%' }])
  const sql = body(`format('select %L from users', x)`)
  expect(rewriteText(parser, sql, odd, around).text).toBe(sql.replace('users', '"100%%".users'))
})

test('a temporary table that SQL in a string makes', () => {
  check(`do $$ begin execute 'create temp table users (id int)'; execute 'table users'; insert into users values (1);
    perform from public2.users, «app.»orders; end $$; select * from users, «app.»orders`)
})

test('CALL, and what a block sets for itself', () => {
  const call = new Moves([{ class: 'routine', schema: 'public', name: 'note', target: 'app' }])
  const sql = `do $$ begin call note(1); call public.note(2); end $$`
  expect(rewriteText(parser, sql, call, around).text).toBe(
    `do $$ begin call app.note(1); call app.note(2); end $$`,
  )
  check(
    `do $$ begin perform from «app.»users; perform set_config('search_path', 'other', true); perform from users; end $$`,
  )
})

test('a trigger function, and DO', () => {
  check(`create function t() returns trigger language plpgsql as $$
begin
  if new.a is distinct from old.a then insert into «app.»orders values (new.id); end if;
  return new;
end $$`)
  check('do $$ begin perform 1 from «app.»users; end $$')
  check(`do language plpgsql 'begin delete from «app.»users; end'`)
})

test.each([
  [
    'a name put in at run time',
    `do $$ begin execute format('select * from %I', 'users'); end $$`,
    'put together|may hold it',
  ],
  [
    'SQL of a variable',
    `do $$ declare t text := 'users'; begin execute 'select * from ' || t; end $$`,
    'may hold it',
  ],
  [
    'another language',
    `create function f() returns int language plpython3u as $$ plpy.execute("select from users") $$`,
    'plpython3u',
  ],
  [
    'a body that does not parse',
    `create function f() returns int language plpgsql as $$ begin select from users where; end $$`,
    '',
  ],
])('%s is told', (_name, sql, reason) => {
  const result = rewrite(sql)
  expect(result.text).toBe(sql)
  const undecided = result.mentions.filter(({ kind }) => kind === 'undecided')
  expect(undecided.map((each) => each.reason).join()).toMatch(new RegExp(reason))
  expect(undecided.length).toBeGreaterThan(0)
})
