import { test } from '@jest/globals'
import { moveMany } from '../support/wide.ts'

test('30 tables with 90 foreign keys, in use: there, back, there again and on', async () => {
  await moveMany(30)
}, 300_000)
