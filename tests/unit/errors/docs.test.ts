import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { errorCodes, exitCodes } from '../../../src/errors/codes.ts'
import { builtInProbes } from '../../../src/plan/probe-names.ts'
import { rules } from '../../../src/preflight/preflight.ts'
import { probes } from '../../../src/probes/registry.ts'

const read = (path: string): string => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8')

/** The rows of the table under a heading, cell by cell. */
function tableRows(page: string, heading: string): string[][] {
  const section = page.slice(page.indexOf(`${heading}\n`))
  const lines = section.split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'))
  return lines.slice(first + 2, first + length).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )
}

describe('docs/errors.md', () => {
  const sections = read('errors.md').split(/^## /m).slice(1)

  test('has one section for each error code, in the order of the codes, and none else', () => {
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(Object.keys(errorCodes))
  })

  test.each(sections.map((section) => [section.split('\n', 1)[0], section]))(
    'says of %s what it means and what to do',
    (_code, section) => {
      expect(section!.split('\n').slice(1).join(' ').trim().length).toBeGreaterThan(60)
    },
  )

  test('explains every state that an error may tell', () => {
    expect(tableRows(read('errors.md'), '`state` says what was left:').map(([state]) => state)).toEqual(
      ['untouched', 'rolled-back', 'resumable', 'unknown'].map((state) => `\`${state}\``),
    )
  })
})

test('docs/reference/exit-codes.md has every exit code with its name and its error codes, and none else', () => {
  const rows = tableRows(read('reference/exit-codes.md'), '# Exit codes').map(([exit, name, , codes]) => ({
    exit: Number(exit),
    name: name!.replaceAll('`', ''),
    codes: [...codes!.matchAll(/\[`([\w-]+)`\]\(\.\.\/errors\.md#([\w-]+)\)/g)].map((match) => {
      expect(match[1]).toBe(match[2])
      return match[1]
    }),
  }))
  const names = new Map(Object.entries(exitCodes).map(([name, exit]) => [exit as number, name]))
  const exits = [...new Set([...Object.values(exitCodes), ...Object.values(errorCodes)])]
  expect(rows).toEqual(
    exits
      .toSorted((a, b) => a - b)
      .map((exit) => ({
        exit,
        name: names.get(exit) ?? '',
        codes: Object.entries(errorCodes).flatMap(([code, its]) => (its === exit ? [code] : [])),
      })),
  )
})

describe('docs/reference/preflight.md', () => {
  const page = read('reference/preflight.md')

  test('has every rule with its severity, whether it may be waived, and its phases', () => {
    const written = tableRows(page, '## Rules').map((cells) => cells.slice(0, 5))
    const known = rules.map(({ id, code, severity, waivable, phases }) => [
      `\`${id}\``,
      code,
      severity,
      waivable ? 'yes' : 'no',
      phases.join(', '),
    ])
    expect(written).toEqual(known)
    for (const cells of tableRows(page, '## Rules'))
      expect([cells[0], cells[5] !== '', cells[6] !== '']).toEqual([cells[0], true, true])
  })
})

test('docs/reference/probes.md has every probe with its title, and the plan knows their names', () => {
  const rows = tableRows(read('reference/probes.md'), '## The probes of the tool')
  expect(rows.map((cells) => cells.slice(0, 2))).toEqual(
    [...probes.values()].map(({ id, title }) => [`\`${id}\``, title]),
  )
  expect([...probes.keys()]).toEqual([...builtInProbes])
})

test('every check from PF-1 on has a rule', () => {
  const codes = new Set<string>(rules.map(({ code }) => code))
  const last = Math.max(...[...codes].map((code) => Number(code.slice('PF-'.length))))
  expect(
    Array.from({ length: last }, (_, index) => `PF-${index + 1}`).filter((code) => !codes.has(code)),
  ).toEqual([])
})

test('rules and probes have names of their own', () => {
  const ids = [...rules.map(({ id }) => id), ...probes.keys(), 'unused-waiver']
  expect(new Set(ids).size).toBe(ids.length)
})
