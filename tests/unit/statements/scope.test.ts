import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { analyse } from '../../../src/statements/analyse.ts'
import type { KnownTable } from '../../../src/statements/known.ts'
import { lookupFor, parseName, pathOf } from '../../../src/statements/names.ts'
import { Parser } from '../../../src/sql/parser.ts'
import { propose } from '../../../src/statements/propose.ts'
import { splitStatements } from '../../../src/sql/split.ts'
import { ident } from '../../../src/pg/quoting.ts'

let parser: Parser

beforeAll(async () => {
  parser = await Parser.load()
})

const table = (name: string, schema = 'public'): KnownTable => ({
  schema,
  name,
  policy: 'view',
  hasChildren: false,
  columns: ['id', 'a'].map((column) => ({
    name: column,
    identity: column === 'id' ? 'd' : '',
    generated: '',
  })),
  primaryKey: ['id'],
  identitySequences: [],
  deferrable: [],
  indexes: [],
})

const tables = [table('t'), table('users'), table('표'), table('Mixed')]

async function look(sql: string, path = ['public'], namesakes = new Map<string, Set<string>>()) {
  const found = await analyse(parser, sql, lookupFor(tables, path, namesakes))
  if ('unparsable' in found) throw new Error(found.unparsable)
  return {
    names: found.names.map(({ table: { name }, isQualified }) => (isQualified ? `public.${name}` : name)),
    traps: found.hits.map(({ trap, table: { name } }) => `${trap.id} ${name}`),
  }
}

describe('names', () => {
  test.each<[string, string[]]>([
    ['select * from t', ['t']],
    ['select * from public.t as users', ['public.t']],
    ['select * from T join PUBLIC.Users u on true', ['t', 'public.users']],
    ['select * from "Mixed", mixed, "T"', ['Mixed']],
    ['select "이름" from "표", 표', ['표', '표']],
    ['select * from other.t', []],
    ['with t as (select 1) select * from t', []],
    ['with t as (select 1) select * from public.t', ['public.t']],
    ['with t as (select * from t) select * from t', ['t']],
    ['with recursive t as (select 1 union all select * from t) select * from t', []],
    ['with a as (select * from users), users as (select 1) select * from users, a', ['users']],
    ['with users as (select 1) insert into users select * from users', ['users']],
    ['with users as (select 1) delete from users', ['users']],
    ['select (with t as (select 1) select 1 from t) from t', ['t']],
    ['with t as (select 1) select * from (select * from t) x, lateral (select * from t) y', []],
    ['select 1 from users u where exists (select from t where t.id = u.id)', ['users', 't']],
    ['select 1 union (select 2 from t union all select 3 from users)', ['t', 'users']],
    ['merge into t using users on t.id = users.id when matched then delete', ['t', 'users']],
    ['explain analyze select * from t', ['t']],
    ['prepare x as update t set a = $1', ['t']],
    ['declare c cursor for select * from t', ['t']],
    ['create table x as select * from t', ['t']],
    ['create table t as select * from users', ['users']],
    ['create table if not exists t (id integer)', []],
    ['create view public.t as select * from users', ['users']],
    ['select * into t from users', ['users']],
    ['select t from x, (select 1) t', []],
    [`select 't', 'public.t'::text`, []],
  ])('%s', async (sql, names) => {
    expect((await look(sql)).names).toEqual(names)
  })

  test('without a schema mean what comes first on the path of the role', async () => {
    const namesakes = new Map([['t', new Set(['public', 'own'])]])
    expect((await look('select * from t', ['public', 'own'], namesakes)).names).toEqual(['t'])
    expect((await look('select * from t', ['own', 'public'], namesakes)).names).toEqual([])
    expect((await look('select * from public.t', ['own'], namesakes)).names).toEqual(['public.t'])
    expect((await look('select * from t', ['own'], new Map())).names).toEqual([])
    expect(pathOf('"$user", public', 'Anna')).toEqual(['Anna', 'public'])
    expect(pathOf('Own,"My schema"', 'x')).toEqual(['own', 'My schema'])
  })

  test('that were quoted are read back', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((name) => !name.includes('\0')),
        fc.string({ minLength: 1 }).filter((name) => !name.includes('\0')),
        (schema, name) => {
          expect(parseName(`${ident(schema)}.${ident(name)}`)).toEqual([schema, name])
        },
      ),
    )
  })
})

describe('columns belong to', () => {
  test.each<[string, string[]]>([
    ['select t.xmin from t, users', ['system-column t']],
    ['select u.xmin from t, users u', ['system-column users']],
    ['select xmin from (select 1 as xmin) x', []],
    ['select (select u.ctid) from users u', ['system-column users']],
    ['select (select ctid from other.x) from t', []],
    ['update t set a = x.xmin::text from other.x', []],
    ['insert into t values (1) on conflict (id) do nothing returning (xmax = 0)', ['system-column t']],
    ['with t as (select 1 as xmin) select t.xmin from t', []],
    ['select t.* from t group by t.a', []],
    ['select u.a, count(*) from users u join t on t.id = u.id group by u.id', ['group-by-key users']],
    ['select u.id, max(t.a) from users u join t on t.id = u.id group by u.id', []],
    ['select id from t group by id order by a', ['group-by-key t']],
    ['select t from t group by id', ['group-by-key t', 'whole-row t']],
    ['select a as id, count(*) from t group by a', []],
    ['select count(*) from t group by id', []],
    [
      'merge into t using users u on u.id = t.id when matched then update set id = default when not matched then insert values (default, default)',
      ['merge t', 'set-identity-default t'],
    ],
    ['insert into t (id) values (default) on conflict (id) do update set a = default', []],
  ])('%s', async (sql, traps) => {
    expect((await look(sql)).traps.filter((trap) => !/old-name|qualified-name/.test(trap))).toEqual(traps)
  })
})

test('a proposal follows what was seen', async () => {
  const proposed = async (
    sql: string,
    roles: string[] = [],
    database = false,
  ): Promise<string | undefined> => {
    const found = await analyse(parser, sql, lookupFor(tables, ['public'], new Map()))
    if ('unparsable' in found) throw new Error(found.unparsable)
    const examined = [{ ...found, statement: { sql, role: 'app', calls: 1 } }]
    return propose([tables[0]!], examined, [], { roles, database }, 15)[0]?.proposed
  }
  expect(await proposed('select 1')).toBeUndefined()
  expect(await proposed('select * from t')).toBe('view')
  expect(await proposed('select * from t', ['app'])).toBe('search-path')
  expect(await proposed('truncate t', [], true)).toBe('search-path')
  expect(await proposed('select * from public.t', ['app'])).toBe('view')
  expect(await proposed('truncate public.t', ['app'])).toBe('late')
  expect(await proposed('truncate t', ['other'])).toBe('late')
  expect(await proposed('create index on public.t (a)')).toBe('view')
})

describe('a text is cut at semicolons', () => {
  test.each<[string, string[]]>([
    [`select ';'; select 2`, [`select ';'`, 'select 2']],
    [`select 'it''s;'; x`, [`select 'it''s;'`, 'x']],
    [String.raw`select E'\';'; x`, [String.raw`select E'\';'`, 'x']],
    ['do $a$ begin; end $a$; y', ['do $a$ begin; end $a$', 'y']],
    ['select $1; select $2;', ['select $1', 'select $2']],
    ['select 1 -- a; b\n; z', ['select 1 -- a; b', 'z']],
    ['/* a; */ q; "b;"', ['/* a; */ q', '"b;"']],
    [' ;; \n', []],
    [`it's\nselect 1;`, [`it's\nselect 1`]],
  ])('%j', (text, parts) => {
    expect(splitStatements(text)).toEqual(parts)
  })

  test('and nothing is lost but the semicolons and what is blank', () => {
    const piece = fc.constantFrom('a', ';', "'", '"', '$$', '--', '\n', '/*', '*/', ' ')
    const solid = (text: string): string => text.replaceAll(/[;\s]/g, '')
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('')
        expect(solid(splitStatements(text).join(''))).toBe(solid(text))
      }),
    )
  })
})
