import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const tests = new URL('../', import.meta.url)
const page = readFileSync(new URL('facts/README.md', tests), 'utf8')
const cases = page.split('\n').flatMap((line) => {
  const found = /^\| +(\d+) +\| (.*?) +\| (.*?) +\|$/.exec(line)
  return found === null ? [] : [{ number: Number(found[1]), proof: found[3]! }]
})

test('each of the 32 cases has a row, and a proof or a reason for none', () => {
  expect(cases.map(({ number }) => number)).toEqual(Array.from({ length: 32 }, (_, index) => index + 1))
  expect(cases.filter(({ proof }) => !/`.*` “.*”|^Not proven/.test(proof))).toEqual([])
})

test.each(cases)('the tests that are named for case $number exist', ({ proof }) => {
  for (const [, file, name] of proof.matchAll(/`([^`]+\.test\.ts)` “([^”]+)”/g)) {
    const path = new URL(file!, tests)
    expect([file, existsSync(path)]).toEqual([file, true])
    const text = readFileSync(path, 'utf8')
    expect([name, [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => text.includes(quoted))]).toEqual(
      [name, true],
    )
  }
})

test('no test of tests/facts is left out', () => {
  const files = readdirSync(new URL('facts/', tests)).filter((name) => name.endsWith('.test.ts'))
  expect(files.filter((name) => !page.includes(`\`facts/${name}\``))).toEqual([])
})
