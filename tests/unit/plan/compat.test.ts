import { expect, test } from '@jest/globals'
import { policyOf } from '../../../src/plan/compat.ts'

const rules = [
  { tables: 'log_*', policy: 'none' },
  { tables: '*', policy: 'late' },
  { tables: 'log_2026', policy: 'shell' },
] as const

test.each([
  ['log_2026', 'shell', 'the name itself goes before any glob'],
  ['log_2025', 'none', 'the first glob that fits'],
  ['users', 'late', 'the next one'],
])('%s: %s, %s', (name, policy) => {
  expect(policyOf(name, rules, 'view')).toBe(policy)
})

test('a table that no rule means has the default', () => {
  expect(policyOf('users', rules.slice(0, 1), 'view')).toBe('view')
})
