import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { githubLines } from '../../../src/cli/render/rewrite-github.ts'
import { sarifOf } from '../../../src/cli/render/rewrite-sarif.ts'
import { renderRewrite, rewriteData, type ShownRewrite } from '../../../src/cli/render/rewrite.ts'
import { compareBaseline, readBaseline, writeBaseline } from '../../../src/engine/rewrite-baseline.ts'
import { usesOldNames, type RewrittenFile } from '../../../src/engine/rewrite-sources.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pg-relocate-baseline-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Each line that has `users` in it has a finding. */
function source(file: string, lines: readonly string[]): RewrittenFile {
  const before = lines.join('\n')
  const findings = [...before.matchAll(/users/g)].map(({ index }) => ({
    ...({ kind: 'undecided', code: 'table-argument', name: 'users', reason: 'from, say: 100%' } as const),
    ...{ start: index, end: index + 5, line: before.slice(0, index).split('\n').length, column: 1 },
  }))
  return { file, before, after: before, findings, statements: [] }
}

const nowhere = (): boolean => false

test('known findings pass wherever their lines have gone, new ones fail, and what is gone is stale', async () => {
  const file = join(folder, 'baseline.json')
  const before = [source('src/a.py', ['copy("users")', 'copy("users")', 'x("users")'])]
  expect(await writeBaseline(file, { files: before, read: ['src/a.py'] }, [], nowhere)).toBe(2)
  const known = await readBaseline(file)
  expect(known).toEqual([
    { file: 'src/a.py', code: 'table-argument', name: 'users', text: 'copy("users")', times: 2 },
    { file: 'src/a.py', code: 'table-argument', name: 'users', text: 'x("users")' },
  ])
  const same = compareBaseline({ files: before, read: ['src/a.py'] }, known, nowhere)
  expect([same.files.some(usesOldNames), same.stale]).toEqual([false, []])

  const moved = [source('src/a.py', ['# more', '  copy("users")', 'y("users")', 'copy("users") '])]
  const after = compareBaseline({ files: moved, read: ['src/a.py'] }, known, nowhere)
  expect(after.files[0]!.findings.map(({ isKnown, line }) => [line, isKnown])).toEqual([
    [2, true],
    [3, undefined],
    [4, true],
  ])
  expect(after.stale).toEqual([known[1]])
  // Of a file that is there and was not looked at nothing is known.
  expect(compareBaseline({ files: [], read: [] }, known, () => true).stale).toEqual([])
  expect(compareBaseline({ files: [], read: [] }, known, nowhere).stale).toEqual(known)
})

test('a third of what is known twice is new', async () => {
  const file = join(folder, 'twice.json')
  await writeBaseline(
    file,
    { files: [source('a.py', ['f("users")', 'f("users")'])], read: ['a.py'] },
    [],
    nowhere,
  )
  const three = [source('a.py', ['f("users")', 'f("users")', 'f("users")'])]
  const { files } = compareBaseline({ files: three, read: ['a.py'] }, await readBaseline(file), nowhere)
  expect(files[0]!.findings.filter(({ isKnown }) => isKnown !== true)).toHaveLength(1)
})

test('entries of files that were not read stay when it is written again', async () => {
  const file = join(folder, 'again.json')
  await writeBaseline(file, { files: [source('a.py', ['f("users")'])], read: ['a.py'] }, [], nowhere)
  const first = await readBaseline(file)
  await writeBaseline(file, { files: [source('b.py', ['g("users")'])], read: ['b.py'] }, first, () => true)
  expect((await readBaseline(file)).map((each) => each.file)).toEqual(['a.py', 'b.py'])
  expect((await readFile(file, 'utf8')).endsWith('}\n')).toBe(true)
})

test.each(['{', '{"format": 2}', '[]', 'x'])('%s is refused as a baseline', async (text) => {
  const file = join(folder, 'bad.json')
  await writeFile(file, text)
  await expect(readBaseline(file)).rejects.toMatchObject({ code: 'usage-invalid' })
})

test('the forms of the result', () => {
  const file = source('src/a b.py', ['f("users")', 'g("users")'])
  const shown: ShownRewrite = {
    files: [{ ...file, findings: [file.findings[0]!, { ...file.findings[1]!, isKnown: true }] }],
    read: ['src/a b.py'],
    left: [
      { file: 'db/migrate/1.rb', reason: 'migration', isNaming: true },
      { file: 'a.md', reason: 'ending' },
      { file: 'vendor/', reason: 'vendored' },
    ],
    stale: [{ file: 'x.py', code: 'parse', name: 'users', text: 'z' }],
    prepared: undefined,
    written: undefined,
    isRefused: false,
    hasDiff: false,
  }
  expect(renderRewrite(shown).split('\n')).toEqual([
    '0 names in 0 files to rewrite, 1 undecided, 0 perhaps, 0 right as they are, 1 known; 1 file read',
    '  undecided: 1 table-argument',
    '  not read: 1 file applied migrations, whose checksums would break (db/migrate/1.rb); 1 of them names something that moves',
    '  not read: 1 folder code of others (vendor/)',
    '  not read: 1 file of other endings (1 .md)',
    '1 entry of the baseline is stale',
    'src/a b.py:1:1: undecided [table-argument] users: from, say: 100%',
    'x.py: stale [parse] users: z',
  ])
  expect(githubLines(shown).split('\n')[0]).toBe(
    '::error file=src/a b.py,line=1,col=1,title=migrate rewrite%3A table-argument::users: from, say: 100%25',
  )
  expect(rewriteData(shown)).toMatchObject({ ok: false, read: 1, notRead: shown.left, stale: shown.stale })
  const { version, runs } = sarifOf(shown) as {
    version: string
    runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[]
  }
  expect(version).toBe('2.1.0')
  const [first, second] = runs[0]!.results
  expect(runs[0]!.tool.driver.rules[first!['ruleIndex'] as number]).toMatchObject({ id: 'table-argument' })
  expect(first).toMatchObject({
    ruleId: 'table-argument',
    level: 'error',
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'src/a%20b.py' },
          region: { startLine: 1, startColumn: 1 },
        },
      },
    ],
  })
  expect(second).toMatchObject({ suppressions: [{ kind: 'external' }] })
})
