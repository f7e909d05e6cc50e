import { beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { surroundings } from '../../../src/rewrite/decide.ts'
import { Moves } from '../../../src/rewrite/moves.ts'
import { rewriteText } from '../../../src/rewrite/rewrite.ts'
import { lex } from '../../../src/sql/lexer.ts'
import { Parser } from '../../../src/sql/parser.ts'

const moving = ['users', 'orders', 'Mixed', '사용자']
const moves = new Moves(
  moving.map((name) => ({
    class: 'relation' as const,
    schema: 'public',
    name,
    target: name === 'orders' ? 'Shop X' : 'app',
  })),
)
let parser: Parser

beforeAll(async () => {
  parser = await Parser.load()
})

const quoted = (name: string): string => (/^[a-z]+$/.test(name) ? name : `"${name}"`)
const table = fc
  .tuple(
    fc.constantFrom('', 'public.', 'other.', '"public" /* 한 */ . '),
    fc.constantFrom(...moving, 'others', 'c'),
  )
  .map(([schema, name]) => schema + quoted(name))
const blank = fc.constantFrom(' ', '\n', ' /* users 사용자 */ ', ' -- orders\n')
const alias = fc.constantFrom('', ' u', ' as users', ' orders')
const value = fc.oneof(
  fc.constantFrom(
    '1',
    "'users'",
    "'it''s users'",
    '$$orders$$',
    "'users'::regclass",
    "'😀'",
    'null::users',
    '$1',
  ),
  fc.constantFrom('users', 'users.id', 'public.users.id', 'u.id', 'count(*)', "nextval('users')"),
)

const { select } = fc.letrec<{ select: string; from: string; condition: string }>((tie) => ({
  from: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'query', withCrossShrink: true },
    fc.tuple(table, alias).map((each) => each.join('')),
    fc.tuple(tie('from'), blank, tie('from')).map(([a, gap, b]) => `${a} join${gap}${b} on true`),
    tie('select').map((inner) => `(${inner}) x`),
    fc.tuple(tie('from'), tie('select')).map(([a, inner]) => `${a} cross join lateral (${inner}) y`),
  ),
  condition: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'query' },
    fc.tuple(value, value).map(([a, b]) => `${a} = ${b}`),
    tie('select').map((inner) => `exists (${inner})`),
    fc.tuple(value, tie('select')).map(([a, inner]) => `${a} in (${inner})`),
  ),
  select: fc
    .record({
      cte: fc.option(fc.tuple(fc.constantFrom('users', 'c', 'Mixed'), fc.boolean(), tie('select')), {
        nil: undefined,
      }),
      list: fc.array(value, { minLength: 1, maxLength: 3 }),
      from: tie('from'),
      where: fc.option(tie('condition'), { nil: undefined }),
      gap: blank,
    })
    .map(({ cte, list, from, where, gap }) => {
      const head =
        cte === undefined ? '' : `with ${cte[1] ? 'recursive ' : ''}${quoted(cte[0])} as (${cte[2]}) `
      return `${head}select ${list.join(', ')}${gap}from ${from}${where === undefined ? '' : ` where ${where}`}`
    }),
}))

const statement = fc.oneof(
  select,
  fc.tuple(table, select).map(([into, query]) => `insert into ${into} ${query}`),
  fc
    .tuple(table, value, select)
    .map(([of, set, query]) => `update ${of} set a = ${set} where a in (${query})`),
  fc.tuple(table, table).map(([of, using]) => `delete from ${of} using ${using} x`),
  fc.tuple(table, select).map(([name, query]) => `create view ${name} as ${query}`),
  table.map((name) => `drop table if exists ${name}, other cascade`),
  table.map((name) => `comment on table ${name} is 'users'`),
  select.map((query) => `create function f() returns void language sql as $f$ ${query} $f$`),
  select.map(
    (query) => `do $d$ declare r record; begin perform 1; for r in ${query} loop null; end loop; end $d$`,
  ),
)

test('twice is once; nothing but names changes; what is rewritten parses', () => {
  const around = surroundings(['public'])
  let changed = 0
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 3 }), (all) => {
      const text = all.join(';\n')
      const once = rewriteText(parser, text, moves, around)
      expect(once.problem).toBeUndefined()
      changed += Number(once.isChanged)
      const twice = rewriteText(parser, once.text, moves, around)
      expect([twice.text, twice.isChanged, twice.problem]).toEqual([once.text, false, undefined])
      // Every word is still there, in its order.
      const without = (sql: string): string =>
        sql
          .replaceAll(/(?:\bapp|"Shop X"|\bpublic|"public" \/\* 한 \*\/ |"app")\s*(?:\/\* 한 \*\/ )?\./g, '')
          .replaceAll(/(?:app|"Shop X") \/\* 한 \*\/ \. /g, '')
      expect(lex(without(once.text)).map(({ value }) => value)).toEqual(
        lex(without(text)).map(({ value }) => value),
      )
      // Nothing is left that a schema is missing from.
      expect(once.text).not.toMatch(/\bpublic\s*\.\s*(?:users|orders)\b/)
    }),
    { numRuns: 300 },
  )
  expect(changed).toBeGreaterThan(150)
})
