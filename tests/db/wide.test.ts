import { test } from '@jest/globals'
import { moveMany } from '../support/wide.ts'

test('100 tables with 300 foreign keys, in use: there, back, there again and on', async () => {
  await moveMany(100)
}, 120_000)
