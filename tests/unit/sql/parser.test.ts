import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Parser } from '../../../src/sql/parser.ts'

const reasonOf = (parser: Parser, sql: string): string | undefined => {
  const parsed = parser.parse(sql)
  return 'unparsable' in parsed ? parsed.unparsable : undefined
}

test('statements come as trees, one by one; an empty text has none', async () => {
  const parser = await Parser.load()
  expect(parser.parse('select 1; truncate t')).toEqual({
    statements: [
      { tree: { SelectStmt: expect.anything() }, start: 0, length: 8 },
      { tree: { TruncateStmt: expect.anything() }, start: 10, length: 0 },
    ],
  })
  expect(parser.parse('-- nothing')).toEqual({ statements: [] })
  expect(parser.parse('')).toEqual({ statements: [] })
  expect(parser.parse('select "이름" from "표" where id = $1')).toHaveProperty('statements')
})

test('what cannot be parsed says so', async () => {
  const parser = await Parser.load()
  expect(reasonOf(parser, 'select * form t')).toMatch(/syntax error/)
  expect(reasonOf(parser, '<insufficient privilege>')).toMatch(/syntax error/)
  expect(reasonOf(parser, 'select a, b from t wher')).toBeUndefined()
  expect(reasonOf(parser, 'select (a')).toMatch(/syntax error at end of input/)
  expect(reasonOf(parser, 'select 1 \0; drop table t')).toMatch(/NUL/)
  expect(reasonOf(parser, `select '${'x'.repeat(1_100_000)}'`)).toMatch(/longer/)
})

test('statements nested too deeply do not spoil the parser for those that follow', async () => {
  const parser = await Parser.load()
  const deep = `select ${'f('.repeat(9_000)}1${')'.repeat(9_000)}`
  for (let turn = 0; turn < 30; turn++) {
    expect(reasonOf(parser, deep)).toMatch(/nested too deeply|memory|stack/)
    // The spare has taken its place at once.
    expect(reasonOf(parser, 'select 1')).toBeUndefined()
    await parser.ready()
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
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      expect(Object.keys(parser.parse(pieces.join('')))[0]).toMatch(/statements|unparsable/)
    }),
    { numRuns: 300 },
  )
})
