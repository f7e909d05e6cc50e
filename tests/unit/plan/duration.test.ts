import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatDuration, parseDuration } from '../../../src/plan/duration.ts'

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['0s', 0],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  '',
  '5',
  's',
  '1.5h',
  '-1s',
  '1 s',
  '1h30m',
  '1S',
  '1w',
  ' 1s',
  '1s\n',
  '1e3ms',
  '9'.repeat(13) + 's',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test('what is formatted is read back as the same', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 ** 12 - 1 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }),
  )
  expect([0, 20, 1500, 60_000, 604_800_000].map(formatDuration)).toEqual(['0s', '20ms', '1500ms', '1m', '7d'])
})
