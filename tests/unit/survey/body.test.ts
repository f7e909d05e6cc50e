import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { surroundings } from '../../../src/rewrite/decide.ts'
import { Moves } from '../../../src/rewrite/moves.ts'
import { Parser } from '../../../src/sql/parser.ts'
import { decideBody } from '../../../src/survey/body.ts'

const moves = new Moves([
  { class: 'relation', schema: 'public', name: 'users', target: 'people' },
  { class: 'relation', schema: 'public', name: 'orders', target: 'shop' },
])
const path = surroundings(['public'])

let parser: Parser
beforeAll(async () => {
  parser = await Parser.load()
})

function decided(
  source: string,
  { language = 'plpgsql', around = path, head = 'f() RETURNS trigger' } = {},
): ReturnType<typeof decideBody> {
  const definition = `CREATE OR REPLACE FUNCTION public.${head}\n LANGUAGE ${language}\nAS $function$${source}$function$\n`
  return decideBody(parser, { definition, source, language }, moves, around)
}

describe('a body', () => {
  test('in another language, or that does not parse, is not touched and in doubt as a whole', () => {
    const python = `plpy.execute("select 1 from public.users")`
    expect(decided(python, { language: 'plpython3u' })).toMatchObject({
      source: python,
      doubts: [{ name: 'users', line: 1, reason: 'a body in plpython3u' }],
    })
    const half = 'begin perform 1 from public.users; perform 1 from public.orders'
    const { source, doubts } = decided(half)
    expect([source, doubts.length]).toEqual([half, 1])
  })

  test('keeps its head: the argument that has the type of a table is the server’s to name', () => {
    const { definition } = decided('begin return (select max(id) from users); end', {
      head: `of_user(u public.users DEFAULT NULL::public.users) RETURNS integer`,
    })
    expect(definition).toContain('of_user(u public.users DEFAULT NULL::public.users)')
    expect(definition).toContain('from people.users')
  })

  test('means by a name what is nearer: transition tables, tables that its own SQL makes', () => {
    const around = surroundings(['public'], { temporary: new Set(['orders']) })
    expect(decided('begin perform 1 from orders, users; return null; end', { around }).source).toBe(
      'begin perform 1 from orders, people.users; return null; end',
    )
    const dynamic = `begin execute 'create temp table users (id int)'; insert into users values (1); return null; end`
    expect(decided(dynamic).source).toBe(dynamic)
  })

  test('whose names only another search_path finds is in doubt, but not where another object has the name', () => {
    const body = 'begin\n  perform 1 from users;\n  return null;\nend'
    expect(decided(body, { around: surroundings(['tools']) }).doubts).toMatchObject([
      { name: 'users', line: 2 },
    ])
    const around = surroundings(['tools'], {
      others: (schema, name) => schema === 'tools' && name === 'users',
    })
    expect(decided(body, { around }).doubts).toEqual([])
  })

  test('that finds a name by the path of its callers is decided where all that find it find the same', () => {
    const body = 'declare u users%rowtype; begin\n  perform 1 from users, orders;\n  return null;\nend'
    const others = (schema: string, name: string): boolean =>
      `${schema}.${name}` === 'tenant.users' || (schema === 'people' && name === 'users')
    const called = (callers: Record<string, string[]>, path = ['public']): ReturnType<typeof decideBody> =>
      decided(body, {
        around: surroundings(path, {
          others,
          callers: Object.entries(callers).map(([whose, its]) => ({ whose, path: its })),
        }),
      })
    const whole =
      'declare u people.users%rowtype; begin\n  perform 1 from people.users, shop.orders;\n  return null;\nend'
    const half = body.replace('orders', 'shop.orders')
    const doubt = { name: 'users', reason: 'its callers decide: the search_path of app finds another' }
    // Nothing, the same by the old name, the same by the new one.
    const same = { a: ['nowhere'], b: ['nowhere', 'public', 'tenant'], c: ['people', 'public'] }
    expect(called(same)).toMatchObject({ source: whole, doubts: [] })
    // What the path of the database does not find, that of callers may.
    expect(called({ app: ['public'] }, ['nowhere'])).toMatchObject({ source: whole, doubts: [] })
    expect(called({ app: ['tenant', 'public'] })).toMatchObject({
      source: half,
      doubts: [
        { ...doubt, line: 1 },
        { ...doubt, line: 2 },
      ],
    })
    expect(called({ app: ['public'] }, ['tenant', 'public'])).toMatchObject({
      source: half,
      doubts: [{ line: 1 }, { line: 2 }],
    })
    // A path that the body sets is that of all.
    const own = 'begin set local search_path = public; perform 1 from users; return null; end'
    const around = surroundings(['tenant', 'public'], {
      others,
      callers: [{ whose: 'app', path: ['public'] }],
    })
    expect(decided(own, { around })).toMatchObject({
      source: own.replace('users', 'people.users'),
      doubts: [],
    })
  })

  test('is not rewritten twice', () => {
    const statement = fc.constantFrom(
      'perform 1 from public.users;',
      'perform 1 from orders o join users u on u.id = o.user_id;',
      `perform nextval('public.users_id_seq'), 'public.users'::regclass;`,
      `execute 'select 1 from public.orders where id = $1' using 1;`,
      `-- public.users\n/* users */`,
      `raise notice 'users %', (select count(*) from public.users);`,
      `with users as (select 1) select * into r from users, public.orders;`,
    )
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
        const once = decided(`declare r record; begin ${statements.join('\r\n')} return null; end`)
        const again = decided(once.source)
        expect([again.source, again.doubts]).toEqual([once.source, once.doubts])
      }),
      { numRuns: 40 },
    )
  })
})

test.each([
  [`begin execute 'select 1'; end`, []],
  [`begin\nexecute q; end`, [2]],
  [`begin execute format('select %L', x); execute format('select 1 from %I', x); end`, [1]],
  [`begin\n\nexecute 'select ' || quote_literal(x) || b; end`, []],
  [`begin\n\nexecute 'select 1 from a' || b; end`, [3]],
  [`begin return query\nexecute 'select ' || quote_nullable(x) using y; end`, []],
  [`declare r record; begin for r in execute t(x) loop null; end loop; end`, [1]],
  [`begin execute 'grant execute on function f() to a'; grant execute on function f() to a; end`, []],
])('SQL of which the tables show only when it runs is seen in %j', (body, lines) => {
  const { doubts } = decided(body)
  expect([...new Set(doubts.filter(({ name }) => name === '').map(({ line }) => line))]).toEqual(lines)
})
