import { fileURLToPath } from 'node:url'
import { describe, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { expectMoved } from '../support/corpus.ts'

const folder = fileURLToPath(new URL('../corpus', import.meta.url))

describe('more databases of difficult things are moved, back, and forward again', () => {
  const folders = ['cycles', 'dynamic', 'grants', 'partitions', 'triggers', 'types', 'views', 'wide']
  // Row security and lists of published columns came with PostgreSQL 15.
  test.each([...folders, ...(sharedCluster().major < 15 ? [] : ['shapes'])])(
    '%s',
    (name) => expectMoved(folder, name),
    600_000,
  )
})
