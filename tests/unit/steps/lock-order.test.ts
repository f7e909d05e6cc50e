import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ForeignKey } from '../../../src/catalog/foreign-keys.ts'
import { referencingFirst } from '../../../src/steps/lock-order.ts'
import type { TableFacts } from '../../../src/survey/facts.ts'

/** Of a table nothing but its OID decides the order. */
const table = (relation: number): TableFacts => ({ relation }) as TableFacts
const key = (from: number, to: number): ForeignKey => ({
  name: `${from}_${to}`,
  from,
  fromName: String(from),
  to,
  toName: String(to),
  validated: true,
  cascades: false,
})

const order = (tables: readonly number[], keys: readonly ForeignKey[]): number[] =>
  referencingFirst(tables.map(table), keys).map(({ relation }) => relation)

describe('the order in which a switch locks its tables', () => {
  test('tables that refer to others come before those they refer to', () => {
    expect(order([1, 2, 3], [key(3, 2), key(2, 1)])).toEqual([3, 2, 1])
  })

  test('keys to tables elsewhere and to the table itself change nothing', () => {
    expect(order([1, 2], [key(1, 1), key(9, 1), key(2, 9)])).toEqual([1, 2])
  })

  test('without circles every key is kept, with circles every table is there once', () => {
    const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 25 })
    fc.assert(
      fc.property(edges, (pairs) => {
        const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        const keys = pairs.map(([from, to]) => key(from, to))
        expect(order(all, keys).toSorted()).toEqual(all)
        const acyclic = keys.filter(({ from, to }) => from > to)
        const found = order(all, acyclic)
        for (const { from, to } of acyclic) expect(found.indexOf(from)).toBeLessThan(found.indexOf(to))
      }),
    )
  })
})
