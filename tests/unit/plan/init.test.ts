import { expect, test } from '@jest/globals'
import { policyOf } from '../../../src/plan/compat.ts'
import { renderPlan } from '../../../src/plan/init.ts'
import { matchTables } from '../../../src/plan/match.ts'
import { read } from './text.ts'

test('a first plan can be read, and means the tables it was made from', () => {
  const odd = [
    'users',
    'Users',
    'a*b',
    'a: b',
    'null',
    '#x',
    '${x}',
    'two\nlines',
    '표',
    'a.b',
    '- c',
    '123',
    "it's",
    '\\[',
  ]
  const text = renderPlan({
    name: 'first',
    databaseAlias: 'db',
    envName: 'SHOP_URL',
    schema: 'My schema',
    groups: [
      { service: 'yes', tables: odd },
      { service: 'orders', tables: ['orders'] },
      { service: 'nothing', tables: [] },
    ],
  })
  const plan = read(text, { SHOP_URL: 'postgres://h/d' })
  expect(plan.name).toBe('first')
  expect(plan.databases).toMatchObject({ db: { url: 'postgres://h/d' } })
  expect(plan.services.map(({ name }) => name)).toEqual(['yes', 'orders'])
  expect(plan.services[0]).toMatchObject({ database: 'db', sourceSchema: 'My schema', targetDatabase: 'db' })
  expect(matchTables(plan.services[0]?.tables ?? [], [...odd, 'axb'])).toEqual({
    matched: odd,
    unmatchedPatterns: [],
  })
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/plan\.schema\.json\n/)
})

test('a policy that was proposed is written with its reason, and only then', () => {
  const write = (compat?: Parameters<typeof renderPlan>[0]['compat']): string =>
    renderPlan({
      name: 'first',
      databaseAlias: 'db',
      envName: 'SHOP_URL',
      schema: 'public',
      groups: [{ service: 'a', tables: ['x', 'a*b'] }],
      ...(compat && { compat }),
    })
  expect(write()).not.toContain('compat:')
  const text = write(new Map([['a*b', { proposed: 'late', reason: 'a view would break\ntruncate' }]]))
  const [service] = read(text, { SHOP_URL: 'postgres://h/d' }).services
  expect(policyOf('a*b', service!.compat, 'view')).toBe('late')
  expect(policyOf('x', service!.compat, 'view')).toBe('view')
})
