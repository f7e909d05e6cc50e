import { test } from '@jest/globals'
import { moveMany } from '../support/wide.ts'

test('1,000 tables with 3,000 foreign keys, in use: there, back, there again and on', async () => {
  await moveMany(1_000)
}, 900_000)
