import { expect, test } from '@jest/globals'
import { renderRestored } from '../../../src/cli/render/restore.ts'

test('what does not come back with a table that is made again is said', () => {
  const outcome = { id: 1, tables: [], made: ['public.users'] }
  expect(renderRestored(outcome)).toMatch(/public\.users {2}made again\n.*publications, extended statistics/)
  expect(renderRestored({ ...outcome, made: [] })).not.toContain('publications')
})
