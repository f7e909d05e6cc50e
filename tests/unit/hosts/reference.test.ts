import { expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { findingCodes, possibleCodes } from '../../../src/hosts/finding.ts'

test('the reference has a row for every code, and says which let --check pass', async () => {
  const page = await readFile(new URL('../../../docs/reference/rewrite.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` .*\| (fails|passes) +\|$/gm)].map((row) => [row[1], row[2]])
  expect(rows.sort()).toEqual(
    Object.keys(findingCodes)
      .map((code) => [code, possibleCodes.has(code as keyof typeof findingCodes) ? 'passes' : 'fails'])
      .sort(),
  )
})
