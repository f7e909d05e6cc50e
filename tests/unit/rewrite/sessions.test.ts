import { beforeAll, describe, expect, test } from '@jest/globals'
import { Moves } from '../../../src/rewrite/moves.ts'
import { rewriteScript } from '../../../src/rewrite/rewrite-script.ts'
import { Parser } from '../../../src/sql/parser.ts'

const moves = new Moves(
  ['users', 'orders'].map((name) => ({ class: 'relation', schema: 'public', name, target: 'app' })),
)
const around = { path: ['public'], temporary: new Set<string>(), keepsUnqualified: false }

let parser: Parser

beforeAll(async () => {
  parser = await Parser.load()
})

test.each([
  ['create temp table users (id int); select * from users; drop table users; select * from «app.»users'],
  ['create table pg_temp.users (id int); select * from users; select * from «app.»orders'],
  ['select 1 as id into temp users; select * from users; discard temp; select * from «app.»users'],
  ['create temp table t (id int); create view users as select * from t; select * from users'],
  ['create temp table t (id int); alter table t rename to users; select * from users, «app.»orders'],
  ['set search_path = other; select * from users; reset search_path; select * from «app.»users'],
  [
    "select set_config('search_path', 'other', false); select * from users; set search_path = other, public; table «app.»users",
  ],
  [
    "\\set a users\nselect * from «app.»users where a = :'a' and b = :a and x[1:2] is not null and y::int = 1;",
  ],
  ['begin; create temp table users () on commit drop; table users; commit; table «app.»users'],
  [
    'begin; savepoint a; set local search_path = other; table users; rollback to a; table «app.»users; commit; table «app.»users',
  ],
  ['begin; create temp table users (); savepoint a; drop table users; rollback to a; table users'],
  [
    'set search_path = other, public; create foreign table users (id int) server s; table users; table «app.»orders',
  ],
  [
    'set search_path = other, public; create type users as enum (); create function orders() returns int return 1',
  ],
  [
    "create function f() returns bigint language sql set search_path = other as 'select * from users'; table «app.»users",
  ],
  [
    'do $$ begin set local search_path = other; perform from users; end $$; do $$ begin perform from «app.»users; end $$',
  ],
  ["do $$ begin perform set_config('search_path', 'other', true); perform from users; end $$"],
  [
    'begin; do $$ begin execute $x$ create temp table users () on commit drop $x$; end $$; table users; commit; table «app.»users',
  ],
  ["copy «app.»users from stdin;\nusers\tit's\n\\.\nselect * from «app.»users \\gset\n"],
])('%s', async (marked) => {
  const result = await rewriteScript(parser, marked.replaceAll(/«[^»]*»/g, ''), moves, around)
  expect([result.text, result.unread]).toEqual([marked.replaceAll(/[«»]/g, ''), []])
})

describe('a function is run later, by the path of who calls it, and not by that of the script', () => {
  const body = '$$ begin perform from users; end $$'
  const made = `create function f() returns void language plpgsql as ${body};`
  const qualified = made.replace('from users', 'from app.users')

  test.each([
    ["select pg_catalog.set_config('search_path', '', false);", qualified],
    ["set search_path = '';", qualified],
    ["select pg_catalog.set_config('search_path', '', false); table users;", qualified],
    ['set search_path = public, pg_catalog;', qualified],
  ])('%s', async (before, expected) => {
    const result = await rewriteScript(parser, before + made, moves, around)
    expect([result.text, result.mentions.map(({ kind }) => kind).at(-1)]).toEqual([
      before + expected,
      'rewritten',
    ])
  })

  test.each([
    [`set search_path = ''; do ${body}`],
    ["set search_path = ''; create view v as select * from users"],
    ["set search_path = ''; create function f() returns bigint begin atomic select count(*) from users; end"],
    [`set search_path = ''; ${made.replace(' as ', ' set search_path from current as ')}`],
    [`set search_path = ''; ${made.replace(' as ', ' set search_path = other as ')}`],
  ])('but not of what is looked up at once, or has a path of its own: %s', async (script) => {
    expect((await rewriteScript(parser, script, moves, around)).text).toBe(script)
  })

  test('where both paths find something else it is told', async () => {
    const script = `set search_path = other; ${made}`
    const { text, mentions } = await rewriteScript(parser, script, moves, around)
    expect([text, mentions.map(({ kind, name }) => [kind, name])]).toEqual([script, [['undecided', 'users']]])
  })
})

test('another connection is another session', async () => {
  const script =
    'set search_path = other; create temp table orders ();\n\\c\ntable users; table orders; \\conninfo\n'
  const { text } = await rewriteScript(parser, script, moves, around)
  expect(text).toBe(
    script.replaceAll('table users', 'table app.users').replace('; table orders', '; table app.orders'),
  )
})

test('what was made in another schema is there in a new session', async () => {
  for (const end of ['\\c\n', 'discard all;', '\\connect -\n']) {
    const script = `create table other.users ();\n${end} set search_path = other, public; table users;`
    expect((await rewriteScript(parser, script, moves, around)).text).toBe(script)
  }
})

test('commands of psql with a name in quotes are told, but for those that print it', async () => {
  const told = async (script: string): Promise<number> =>
    (await rewriteScript(parser, script, moves, around)).mentions.length
  expect(await told(`\\! psql -c 'table users'`)).toBe(1)
  expect(await told('\\setenv X `users`')).toBe(1)
  expect(await told(`\\echo 'the users'`)).toBe(0)
})

test('what cannot be parsed is left and told', async () => {
  const script = 'select * from users wher x = = 1; select * from users'
  const result = await rewriteScript(parser, script, moves, around)
  expect(result.text).toBe('select * from users wher x = = 1; select * from app.users')
  expect(result.unread).toMatchObject([
    { start: 0, isSuspect: true, reason: expect.stringContaining('syntax error') },
  ])
})

test('a statement nested too deeply, a NUL character, and the parser goes on', async () => {
  for (let n = 0; n < 3; n++) {
    const deep = await rewriteScript(
      parser,
      `select ${Array(20_000).fill('1').join('+')} from users`,
      moves,
      around,
    )
    expect(deep.unread).toHaveLength(1)
  }
  expect((await rewriteScript(parser, 'select 1 from users\0', moves, around)).unread).toHaveLength(1)
  expect((await rewriteScript(parser, 'select 1 from users', moves, around)).text).toBe(
    'select 1 from app.users',
  )
})
