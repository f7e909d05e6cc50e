import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createResolver, parseSnapshot, type Problem } from '../../../src/resolver/index.ts'
import { planText } from '../../support/plan.ts'
import type { NameState } from '../../../src/resolver/index.ts'

const users = {
  class: 'relation',
  schema: 'public',
  name: 'users',
  target: 'shared_common',
  service: 'shared_common',
  of: 'users',
  state: 'moved',
}

const services = {
  shared_common: { schema: 'shared_common', database: 'heal7', searchPath: ['shared_common'] },
  saju_service: { schema: 'Saju', database: 'heal7', searchPath: ['Saju', 'shared_common'] },
}

const document = { format: 1, plan: 'heal7', hash: 'abc', epoch: 7, services, names: [users] }

function named(changes: object): object {
  return { ...document, names: [{ ...users, ...changes }] }
}

describe('a document', () => {
  test('that is right is read as it is', () => {
    expect(parseSnapshot(JSON.parse(JSON.stringify(document)), 'here')).toEqual({
      ...document,
      names: [{ ...users, keepsOld: true }],
    })
  })

  test.each([
    [null, 'the document is not an object'],
    [{ ...document, format: 2 }, 'format is 2, not 1'],
    [{ ...document, plan: '' }, 'plan is not a text with something in it'],
    [{ ...document, epoch: -1 }, 'epoch is not a whole number from 0'],
    [{ ...document, epoch: '7' }, 'epoch is not a whole number from 0'],
    [{ ...document, names: {} }, 'names is not a list'],
    [
      { ...document, services: { shared_common: { schema: 'x', database: 'y' } } },
      'searchPath is not a list',
    ],
    [named({ class: 'table' }), 'names[0].class is none of relation, type, routine'],
    [named({ state: 'gone' }), 'names[0].state is none of old, both, moved, new'],
    [named({ keepsOld: 'yes' }), 'names[0].keepsOld is neither true nor false'],
    [named({ service: 'nobody' }), 'names[0].service is "nobody", no service of the document'],
    [named({ target: 'elsewhere' }), 'names[0].target is "elsewhere", but service "shared_common"'],
    [
      { ...document, names: [users, { ...users, target: 'Saju', service: 'saju_service' }] },
      'names[1] is public.users again, which names[0] takes to shared_common, and this to Saju',
    ],
  ])('that is wrong is refused with the name of the field: %#', (wrong, text) => {
    expect(() => parseSnapshot(wrong, 'maps.json')).toThrow(
      expect.objectContaining({ code: 'mapping-invalid', message: expect.stringContaining(text) }),
    )
    expect(() => parseSnapshot(wrong, 'maps.json')).toThrow('the mapping of maps.json cannot be used')
  })
})

describe('names', () => {
  const of = (states: object, more = {}) =>
    createResolver({ snapshot: named(states), rewrites: false, ...more })

  test.each<[NameState, object, string]>([
    ['old', {}, 'public.users'],
    ['both', {}, 'public.users'],
    ['both', { keepsOld: false }, 'shared_common.users'],
    ['moved', {}, 'shared_common.users'],
    ['new', {}, 'shared_common.users'],
  ])('in state %s with %o', async (state, more, name) => {
    await using resolver = await of({ state, ...more })
    expect(resolver.table('users')).toBe(name)
    expect(resolver.table('public.users')).toBe(name)
    expect(resolver.table('shared_common.users')).toBe(name)
    expect(resolver.locate('users')).toEqual({
      database: 'heal7',
      schema: name.split('.')[0],
      name: 'users',
      service: 'shared_common',
      state,
    })
  })

  test('are quoted where they must be', async () => {
    await using resolver = await of({ name: 'Us"ers', target: 'Saju', service: 'saju_service' })
    expect(resolver.table('Us"ers')).toBe('"Saju"."Us""ers"')
  })

  test('that nobody knows', async () => {
    await using strict = await of({})
    expect(() => strict.table('orders')).toThrow(expect.objectContaining({ code: 'name-unknown' }))
    expect(() => strict.locate('orders')).toThrow(expect.objectContaining({ code: 'name-unknown' }))
    expect(() => strict.searchPath('nobody')).toThrow(expect.objectContaining({ code: 'name-unknown' }))
    await using lenient = await of({}, { unknown: { schema: 'public', database: 'heal7' } })
    expect(lenient.table('orders')).toBe('public.orders')
    expect(lenient.table('other.orders')).toBe('other.orders')
    expect(lenient.locate('other.orders')).toMatchObject({ schema: 'other', name: 'orders' })
    expect(lenient.locate('orders')).toMatchObject({ schema: 'public', database: 'heal7', state: 'old' })
  })

  test('that stand for two are refused until the schema is given', async () => {
    const other = { ...users, schema: 'legacy', target: 'Saju', service: 'saju_service' }
    await using resolver = await createResolver({
      snapshot: { ...document, names: [users, other] },
      rewrites: false,
    })
    expect(() => resolver.table('users')).toThrow('"users" can be any of public.users, legacy.users')
    expect(resolver.table('legacy.users')).toBe('"Saju".users')
  })

  test('search_path has old schemas first until all has moved', async () => {
    const paths = async (state: NameState) => {
      await using resolver = await of({ state })
      return [resolver.searchPath('shared_common'), resolver.searchPath('saju_service')]
    }
    expect(await paths('both')).toEqual(['public, shared_common', 'public, "Saju", shared_common'])
    expect(await paths('moved')).toEqual(['shared_common, public', '"Saju", shared_common, public'])
  })
})

describe('a plan', () => {
  let folder: string

  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'plan-'))))

  afterAll(() => rm(folder, { recursive: true }))

  const planned = async (tables: readonly string[]) => {
    const file = join(folder, 'shop.yaml')
    const sketch = {
      services: { shared_common: { tables, functions: ['greet'], searchPath: ['shared_common', 'public'] } },
    }
    await writeFile(file, planText('${SHOP_URL}', sketch))
    return createResolver({ plan: { file, state: 'new' } })
  }

  test('is enough for what it names', async () => {
    await using resolver = await planned(['users', 'orders'])
    expect(resolver.table('orders')).toBe('shared_common.orders')
    expect(resolver.rewrite('select greet(name) from users')).toBe(
      'select shared_common.greet(name) from shared_common.users',
    )
    expect(resolver.locate('users').database).toBe('db')
    expect(resolver.searchPath('shared_common')).toBe('shared_common, public')
  })

  test('with a glob is not', async () => {
    await expect(planned(['users', 'order_*'])).rejects.toMatchObject({ code: 'mapping-invalid' })
  })
})

describe('statements', () => {
  const rewriting = async (state: NameState, more = {}) => {
    const told: Problem[] = []
    const resolver = await createResolver({
      snapshot: named({ state }),
      onProblem: (problem) => told.push(problem),
      ...more,
    })
    return { told, resolver, [Symbol.asyncDispose]: () => resolver.close() }
  }

  test('have the name of the moment', async () => {
    await using moved = await rewriting('moved')
    expect(moved.resolver.rewrite('select * from users u join public.users v using (id)')).toBe(
      'select * from shared_common.users u join shared_common.users v using (id)',
    )
    expect(moved.resolver.rewrite('select 1')).toBe('select 1')
    await using both = await rewriting('both')
    expect(both.resolver.rewrite('select * from users, shared_common.users u')).toBe(
      'select * from users, shared_common.users u',
    )
    await using old = await rewriting('old')
    expect(old.resolver.rewrite('select * from users, shared_common.users u')).toBe(
      'select * from users, public.users u',
    )
  })

  test('are looked up in the path that is given', async () => {
    await using moved = await rewriting('moved', { path: ['other'] })
    expect(moved.resolver.rewrite('table users')).toBe('table users')
    expect(moved.resolver.rewrite('table users', { path: ['public'] })).toBe('table shared_common.users')
  })

  test('that cannot be parsed are told once and left, or refused', async () => {
    await using moved = await rewriting('moved')
    expect(moved.resolver.rewrite('selct from users')).toBe('selct from users')
    expect(moved.resolver.rewrite('selct from users')).toBe('selct from users')
    expect(moved.told).toMatchObject([{ kind: 'unread', sql: 'selct from users' }])
    await using strict = await rewriting('moved', { undecided: 'throw' })
    const refused = expect.objectContaining({ code: 'statement-undecided' })
    expect(() => strict.resolver.rewrite('selct from users')).toThrow(refused)
    expect(() => strict.resolver.rewrite('selct from users')).toThrow(refused)
  })

  test('that hold what cannot be decided are passed, told or refused', async () => {
    const sql = `select format('select * from %I', 'users') from users`
    await using silent = await rewriting('moved')
    expect(silent.resolver.rewrite(sql)).toContain('from shared_common.users')
    expect(silent.told).toEqual([])
    await using warning = await rewriting('moved', { undecided: 'warn' })
    expect(warning.resolver.rewrite(sql)).toContain('from shared_common.users')
    expect(warning.told).toMatchObject([{ kind: 'undecided' }])
    await using strict = await rewriting('moved', { undecided: 'throw' })
    expect(() => strict.resolver.rewrite(sql)).toThrow(
      expect.objectContaining({ code: 'statement-undecided' }),
    )
  })

  test('are found in strings, where a quote is written twice', async () => {
    await using moved = await rewriting('moved', { snapshot: named({ state: 'moved', name: "it's" }) })
    expect(moved.resolver.rewrite(`select nextval('"it''s"')`)).toBe(
      `select nextval('shared_common."it''s"')`,
    )
  })

  test('of many operators cost what others of their length do', async () => {
    await using moved = await rewriting('moved')
    const rows = Array.from({ length: 400_000 }, (_, n) => `(-1.${n},-2.5)`)
    const sql = `insert into users values ${rows.join(',')}`
    expect(moved.resolver.rewrite(sql)).toBe(sql)
    expect(moved.told).toMatchObject([{ kind: 'unread', text: expect.stringContaining('longer than') }])
    expect(moved.resolver.rewrite(sql.slice(0, 240_000).replace(/,\([^)]*$/, ''))).toContain(
      'into shared_common',
    )
  })

  test('that are nested too deeply cost nothing of the others', async () => {
    await using moved = await rewriting('moved')
    const deep = [
      `select ${'1+'.repeat(8000)}1 from users`,
      `select ${'f('.repeat(5000)}1${')'.repeat(5000)} from users`,
      `select 1 from users ${'union all select 1 '.repeat(10_000)}`,
      `select ${'not '.repeat(8000)} true from users`,
    ]
    for (const sql of deep) {
      expect(moved.resolver.rewrite(sql)).toBe(sql)
      expect(moved.resolver.rewrite('table users')).toBe('table shared_common.users')
      expect(moved.resolver.rewrite(`select 1 from users where id = ${sql.length}`)).toContain(
        'shared_common',
      )
    }
    expect(moved.told.map(({ kind }) => kind)).toEqual(deep.map(() => 'unread'))
  })

  test('with much data are not taken for deep ones', async () => {
    await using moved = await rewriting('moved')
    const rows = Array.from({ length: 700 }, (_, n) => `(-${n}, 'a' || ${n}, '2024-01-01'::date)`)
    expect(moved.resolver.rewrite(`insert into users values ${rows.join(', ')}`)).toContain(
      'into shared_common.users',
    )
    const terms = Array.from({ length: 3000 }, (_, n) => `id = ${n}`)
    expect(moved.resolver.rewrite(`select 1 from users where ${terms.join(' or ')}`)).toContain(
      'from shared_common.users',
    )
    expect(moved.told).toEqual([])
  })
})
