import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { traps } from '../../../src/statements/traps.ts'

test('docs/reference/traps.md has a row for each trap, with its severity and outcomes', () => {
  const page = readFileSync(new URL('../../../docs/reference/traps.md', import.meta.url), 'utf8')
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, 5)
        .map((cell) => cell.trim()),
    )
  expect(rows).toEqual(
    traps.map(({ id, severity, view, viewSince, shell }) => [
      `\`${id}\``,
      severity,
      `${view ?? 'works'}${viewSince === undefined ? '' : `; works since ${viewSince}`}`,
      shell ?? 'works',
    ]),
  )
})

test('traps have names of their own, and break something under some policy', () => {
  expect(new Set(traps.map(({ id }) => id)).size).toBe(traps.length)
  for (const { view, shell, path, nothing } of traps) expect(view ?? shell ?? path ?? nothing).toBeDefined()
})
