import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isGlob, literalPattern, matchTables } from '../../../src/plan/match.ts'

test('matches come in the order of the names, once each', () => {
  expect(matchTables(['b*', 'a', 'bb', 'x', 'y?'], ['a', 'b', 'bb', 'c'])).toEqual({
    matched: ['a', 'b', 'bb'],
    unmatchedPatterns: ['x', 'y?'],
  })
})

test.each([
  ['*', ['.', '..', 'a/b', 'é ü', 'two\nlines', '표'], []],
  ['order_*', ['order_', 'order_items', 'order_a.b/c'], ['orders', 'Order_x', 'x_order_y']],
  ['?', ['a', 'é', '.', '/'], ['', 'ab']],
  ['[ab]_log', ['a_log', 'b_log'], ['c_log', '[ab]_log']],
  ['[!ab]_log', ['c_log'], ['a_log', '!_log'].slice(0, 1)],
  ['{users,orders}', ['users', 'orders'], ['users,orders', '{users,orders}']],
  ['a(b)*', ['a(b)', 'a(b)c'], ['ab', 'abc']],
  ['!a*', ['!a', '!ab'], ['b', 'a']],
  ['"a"*', ['"a"b'], ['ab']],
  ['a|b*', ['a|b', 'a|bc'], ['a', 'b']],
  ['./a*', ['./ab'], ['ab']],
  [String.raw`a\*`, ['a*'], ['ab', String.raw`a\*`]],
  [String.raw`a\.[x]`, ['a.x'], ['abx']],
  ['a(b)', ['a(b)'], ['ab']],
  [String.raw`a\b`, [String.raw`a\b`], ['ab']],
  ['!a', ['!a'], ['b']],
])('%s', (pattern, names, others) => {
  expect(matchTables([pattern], [...names, ...others]).matched).toEqual(names)
})

const names = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ minLength: 1, unit: fc.constantFrom(...'a.*?[]{}()|+@!"$^\\/,-\n~é') }),
)

test('every name has a pattern that means it alone', () => {
  fc.assert(
    fc.property(names, names, (name, other) => {
      fc.pre(name !== other)
      expect(matchTables([literalPattern(name)], [other, name])).toEqual({
        matched: [name],
        unmatchedPatterns: [],
      })
    }),
    { numRuns: 1000 },
  )
})

test('a star stands for any text beside any literal text', () => {
  fc.assert(
    fc.property(names, names, (start, rest) => {
      const escaped = isGlob(start) ? literalPattern(start) : literalPattern(`${start}*`).slice(0, -2)
      expect(matchTables([`${escaped}*`], [start + rest]).matched).toEqual([start + rest])
    }),
    { numRuns: 1000 },
  )
})
