import { expect, test } from '@jest/globals'
import { parseSetting } from '../../../src/preflight/setting.ts'

test.each([
  ['statement_timeout=5s', 'statement_timeout', 5000],
  ['statement_timeout=5000', 'statement_timeout', 5000],
  ['lock_timeout=250ms', 'lock_timeout', 250],
  ['lock_timeout=0', 'lock_timeout', 0],
  ['lock_timeout=1.5s', 'lock_timeout', 1500],
  ['statement_timeout=1min', 'statement_timeout', 60_000],
  ['statement_timeout=2h', 'statement_timeout', 7_200_000],
  ['statement_timeout=1d', 'statement_timeout', 86_400_000],
  ['statement_timeout=500us', 'statement_timeout', 0.5],
  ['statement_timeout="5 s"', 'statement_timeout', 5000],
  ['statement_timeout= 5 min ', 'statement_timeout', 300_000],
  // PostgreSQL’s units are written in one way; another is no time at all.
  ['statement_timeout=5S', 'statement_timeout', undefined],
  ['statement_timeout=5 fortnights', 'statement_timeout', undefined],
  ['search_path=a, b', 'search_path', undefined],
  ['statement_timeout=', 'statement_timeout', undefined],
  ['statement_timeout', 'statement_timeout', undefined],
])('%s', (text, name, ms) => {
  expect(parseSetting(text)).toEqual({ name, ms })
})
