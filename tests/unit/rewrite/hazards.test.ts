import { beforeAll, describe, expect, test } from '@jest/globals'
import { surroundings } from '../../../src/rewrite/decide.ts'
import { Moves } from '../../../src/rewrite/moves.ts'
import { rewriteText, type RewriteResult } from '../../../src/rewrite/rewrite.ts'
import { Parser } from '../../../src/sql/parser.ts'

const long = '사'.repeat(30)
const moves = new Moves(
  ['users', '사용자', long, 'us"ers', 'ürün'].map((name) => ({
    class: 'relation',
    schema: 'public',
    name: name === long ? '사'.repeat(21) : name,
    target: 'app',
  })),
)
let parser: Parser

beforeAll(async () => {
  parser = await Parser.load()
})

function rewrite(text: string): RewriteResult {
  return rewriteText(parser, text, moves, surroundings(['public']))
}

test('statements nested too deeply are left as they are, and told; the next is rewritten', async () => {
  const deep = `select ${'1+'.repeat(20_000)}1 from users`
  const walked = `select ${'1+'.repeat(6_000)}1 from users`
  const called = `select ${'f('.repeat(6_000)}1${')'.repeat(6_000)} from users`
  for (let turn = 0; turn < 40; turn++) {
    const text = [deep, called, walked][turn % 3]!
    const found = rewrite(text)
    expect(found.text).toBe(text)
    expect(found.problem).toMatch(/nested too deeply|memory|stack/)
    expect(rewrite('select 1 from users').text).toBe('select 1 from app.users')
    await parser.ready()
  }
})

test('two that are nested too deeply in a row leave what follows as it is, until the parser is ready', async () => {
  const other = await Parser.load()
  const deep = `select ${'1+'.repeat(20_000)}1 from users`
  const now = (text: string): RewriteResult => rewriteText(other, text, moves, surroundings(['public']))
  expect([now(deep).problem, now(deep).problem]).toEqual(Array(2).fill(expect.stringMatching(/nested/)))
  expect(now('select 1 from users')).toMatchObject({
    isChanged: false,
    problem: 'the parser is being made anew',
  })
  await other.ready()
  expect(now('select 1 from users').text).toBe('select 1 from app.users')
})

test('a NUL character, and a text of more than 1 MiB', () => {
  expect(rewrite('select 1 from users\0; drop table users')).toMatchObject({
    isChanged: false,
    problem: 'it holds a NUL character',
  })
  const long = `insert into users values ('${'x'.repeat(1_100_000)}')`
  const { text, problem } = rewrite(long)
  expect([text === long, problem]).toEqual([true, 'it is longer than 1 MiB'])
})

test.each([
  ['/* 한국어 😀 */ select "열" from 사용자 -- 끝\n', '/* 한국어 😀 */ select "열" from app.사용자 -- 끝\n'],
  [`select '😀😀', 'é' from users, ürün`, `select '😀😀', 'é' from app.users, app.ürün`],
  [
    `select '사용자'::regclass, E'사\\uc6a9자'::regclass`,
    `select 'app.사용자'::regclass, E'app.사\\uc6a9자'::regclass`,
  ],
  [
    'do $본문$ begin perform 1 from 사용자; end $본문$',
    'do $본문$ begin perform 1 from app.사용자; end $본문$',
  ],
])('bytes, characters and units of UTF-16: %s', (text, expected) => {
  expect(rewrite(text).text).toBe(expected)
})

describe('names', () => {
  test('are cut to 63 bytes, between characters', () => {
    expect(rewrite(`select 1 from ${long}`).text).toBe(`select 1 from app.${long}`)
    expect(rewrite(`select 1 from "${'사'.repeat(22)}" x`).text).toBe(
      `select 1 from app."${'사'.repeat(22)}" x`,
    )
    expect(rewrite(`select 1 from ${'사'.repeat(20)}`).isChanged).toBe(false)
  })

  test.each([
    ['select 1 from U&"us\\0065rs"', 'select 1 from app.U&"us\\0065rs"'],
    ['select 1 from "us""ers", "public"."us""ers"', 'select 1 from app."us""ers", app."us""ers"'],
    ['select 1 from USERS, "USERS", "users"', 'select 1 from app.USERS, "USERS", app."users"'],
    ['select 1 from ÜRÜN, ürün', 'select 1 from ÜRÜN, app.ürün'],
  ])('%s', (text, expected) => {
    expect(rewrite(text).text).toBe(expected)
  })
})

test('a recursive view, of which the parser keeps no place', () => {
  const own =
    'create recursive view public.users (n) as select 1 union all select n + 1 from users where n < 3'
  const found = rewrite(own)
  expect([found.text, found.problem]).toEqual([own.replace('public', 'app'), undefined])
  expect(found.mentions.map(({ kind }) => kind)).toEqual(['rewritten', 'kept'])
  expect(rewrite('create recursive view v (n) as select 1 from users').text).toBe(
    'create recursive view v (n) as select 1 from app.users',
  )
})

test('strings that are read in another way from here on', () => {
  const { mentions } = rewrite('set standard_conforming_strings = off')
  expect(mentions).toEqual([
    expect.objectContaining({ kind: 'undecided', reason: expect.stringMatching(/strings/) }),
  ])
})

test('one that does not parse spoils a text of several, which stays as it is', () => {
  const text = 'select 1 from users; selec 2 form users; delete from users'
  expect(rewrite(text)).toMatchObject({
    text,
    isChanged: false,
    problem: expect.stringMatching(/syntax error/),
  })
})

test('a mapping that gives one name two schemas is refused', () => {
  const move = { class: 'relation', schema: 'public', name: 'users' } as const
  expect(
    () =>
      new Moves([
        { ...move, target: 'a' },
        { ...move, target: 'b' },
      ]),
  ).toThrow(/both a and b/)
  expect(
    () =>
      new Moves([
        { ...move, target: 'a' },
        { ...move, class: 'type', target: 'b' },
      ]),
  ).toThrow(/both a and b/)
  expect(
    new Moves([
      { ...move, target: 'a' },
      { ...move, target: 'a' },
    ]).names.size,
  ).toBe(2)
})
