import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Parser } from '../../../src/sql/parser.ts'

const reasonOf = async (parser: Parser, sql: string): Promise<string | undefined> => {
  const parsed = await parser.parse(sql)
  return 'unparsable' in parsed ? parsed.unparsable : undefined
}

test('statements come as trees, one by one; an empty text has none', async () => {
  const parser = await Parser.load()
  expect(await parser.parse('select 1; truncate t')).toEqual({
    statements: [{ SelectStmt: expect.anything() }, { TruncateStmt: expect.anything() }],
  })
  expect(await parser.parse('-- nothing')).toEqual({ statements: [] })
  expect(await parser.parse('')).toEqual({ statements: [] })
  expect(await parser.parse('select "이름" from "표" where id = $1')).toHaveProperty('statements')
})

test('what cannot be parsed says so', async () => {
  const parser = await Parser.load()
  expect(await reasonOf(parser, 'select * form t')).toMatch(/syntax error/)
  expect(await reasonOf(parser, '<insufficient privilege>')).toMatch(/syntax error/)
  expect(await reasonOf(parser, 'select a, b from t wher')).toBeUndefined()
  expect(await reasonOf(parser, 'select (a')).toMatch(/syntax error at end of input/)
  expect(await reasonOf(parser, 'select 1 \0; drop table t')).toMatch(/NUL/)
  expect(await reasonOf(parser, `select '${'x'.repeat(300_000)}'`)).toMatch(/longer/)
})

test('statements nested too deeply do not spoil the parser for those that follow', async () => {
  const parser = await Parser.load()
  const deep = `select ${'f('.repeat(9_000)}1${')'.repeat(9_000)}`
  for (let turn = 0; turn < 30; turn++) {
    expect(await reasonOf(parser, deep)).toMatch(/nested too deeply|memory|stack/)
    expect(await reasonOf(parser, 'select 1')).toBeUndefined()
  }
})

test('no text makes it throw', async () => {
  const parser = await Parser.load()
  const piece = fc.constantFrom(
    'select',
    ' ',
    '(',
    ')',
    "'",
    '"',
    '$$',
    ';',
    '--',
    '/*',
    't',
    ',',
    '*',
    '\u{1F600}',
    '\uD800',
    'ü',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      expect(Object.keys(await parser.parse(pieces.join('')))).toHaveLength(1)
    }),
    { numRuns: 300 },
  )
})
