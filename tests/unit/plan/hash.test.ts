import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import type { Plan } from '../../../src/plan/plan.ts'
import { read } from './text.ts'

interface Written {
  readonly [key: string]: unknown
  readonly services: Readonly<Record<string, { readonly tables: readonly string[] }>>
}

const service = (...tables: string[]) => ({ from: 'db.public', to: 'db', tables, roles: ['app', 'web'] })
const written = {
  version: 1,
  name: 'shop',
  databases: { db: { url: 'postgres://h/d' } },
  services: { users: service('users', 'logins'), orders: service('orders', 'order_*', 'bills') },
  phases: [{ name: 'people', switch: ['users'] }],
  defaults: { compat: 'view', lockRetry: '60s' },
  contract: { quiet: '7d' },
} satisfies Written

const planOf = (document: unknown): Plan => read(stringify(document))
const original = planOf(written)

/** Any order of the keys of every mapping but `services`, whose order numbers the phases. */
function reordered(value: unknown, random: () => number, isKept = false): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, random))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    ([key, inner]) => [key, reordered(inner, random, key === 'services')] as const,
  )
  return Object.fromEntries(isKept ? entries : entries.toSorted(() => random() - 0.5))
}

test('key order, order in sets, comments and layout do not change it', () => {
  fc.assert(
    fc.property(
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.boolean(),
      (stream, isFlow) => {
        const random = (): number => stream.next().value ?? 0
        const text = stringify(reordered(written, random), isFlow ? { collectionStyle: 'flow' } : {})
        const plan = read(`# a comment\n${text}\n# another\n`)
        expect(plan.structure).toBe(original.structure)
        expect(plan.hash).toBe(original.hash)
      },
    ),
  )
  const shuffled = { ...written.services, users: { ...service('logins', 'users'), roles: ['web', 'app'] } }
  expect(planOf({ ...written, services: shuffled }).hash).toBe(original.hash)
})

test('what is written out but was the default anyway does not change it', () => {
  const users = { ...written.services.users, schema: 'users' }
  const phases = [...written.phases, { name: 'switch orders', switch: ['orders'] }]
  expect(planOf({ ...written, services: { ...written.services, users }, phases }).hash).toBe(original.hash)
})

test('what an operator may tune in the middle of a run does not change it', () => {
  const tuned = planOf({
    ...written,
    databases: { db: { url: 'postgres://elsewhere/d' } },
    defaults: {
      stallBudget: '1s',
      lockRetry: '5m',
      backup: 'none',
      backupDir: 'b',
      backupJobs: 1,
      onProbeFailure: 'stop',
    },
    contract: { quiet: '0s' },
    allow: [{ rule: 'r', on: 'o', because: 'b' }],
  })
  expect(tuned.hash).toBe(original.hash)
})

test('any change of the tables changes it', () => {
  const names = fc.stringMatching(/^[a-z_*?]{1,12}$/)
  fc.assert(
    fc.property(fc.constantFrom('users', 'orders'), fc.nat({ max: 2 }), names, (name, index, table) => {
      const { users, orders } = written.services
      fc.pre(![...users.tables, ...orders.tables].includes(table))
      const { tables } = written.services[name]
      for (const changed of [
        [...tables, table],
        tables.with(index % tables.length, table),
        tables.slice(1),
      ]) {
        const services = { ...written.services, [name]: { ...users, tables: changed } }
        expect(planOf({ ...written, services }).hash).not.toBe(original.hash)
      }
    }),
  )
})

test.each([
  ['the name', { name: 'store' }],
  ['an alias', { databases: { ...written.databases, spare: { url: 'postgres://localhost/spare' } } }],
  [
    'a target schema',
    { services: { ...written.services, users: { ...written.services.users, schema: 'people' } } },
  ],
  [
    'a source schema',
    { services: { ...written.services, users: { ...written.services.users, from: 'db.old' } } },
  ],
  ['a role', { services: { ...written.services, users: { ...written.services.users, roles: ['app'] } } }],
  ['the order of phases', { phases: [{ name: 'people', switch: ['orders'] }] }],
  ['the name of a phase', { phases: [{ name: 'persons', switch: ['users'] }] }],
  [
    'the order of services',
    { phases: [], services: { orders: written.services.orders, users: written.services.users } },
  ],
])('a change of %s changes it', (_what, change) => {
  expect(planOf({ ...written, ...change }).hash).not.toBe(original.hash)
})

test('a changed table is one line of the structure', () => {
  const services = { ...written.services, users: service('users', 'sessions') }
  const lines = planOf({ ...written, services }).structure.split('\n')
  const before = original.structure.split('\n')
  expect(lines.filter((line) => !before.includes(line))).toEqual([expect.stringContaining('"sessions"')])
  expect(JSON.parse(original.structure)).not.toHaveProperty('allow')
})
