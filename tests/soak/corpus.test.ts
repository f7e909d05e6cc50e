import { fileURLToPath } from 'node:url'
import { describe, test } from '@jest/globals'
import { expectMoved } from '../support/corpus.ts'

const folder = fileURLToPath(new URL('../corpus', import.meta.url))

describe('more databases of difficult things are moved, back, and forward again', () => {
  test.each(['cycles', 'dynamic', 'grants', 'partitions', 'triggers', 'types', 'views', 'wide'])(
    '%s',
    (name) => expectMoved(folder, name),
    600_000,
  )
})
