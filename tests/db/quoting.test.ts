import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { quotedKeywords } from '../../src/pg/keywords.ts'
import { dollarQuoted, ident, literal } from '../../src/pg/quoting.ts'
import { connect, type TestClient } from '../support/client.ts'
import { sharedCluster } from '../support/cluster.ts'

let client: TestClient

beforeAll(async () => {
  client = await connect(sharedCluster().url())
})

afterAll(() => client.end())

/** Names of every kind that the server takes: any text but NUL, at most 63 bytes long. */
const name = fc
  .oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.string({ minLength: 1, unit: fc.constantFrom(...'abz_019AZ"$ .\'\\éÄ—') }),
    fc.constantFrom(...quotedKeywords),
  )
  .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text)
const shortName = name.filter((text) => Buffer.byteLength(text) <= 63)

/** A key word of PostgreSQL 16 that may be a name there, but not from 17 on. */
const reservedLater = 'json'

test('ident quotes as quote_ident does, but for key words of other majors, which it always quotes', async () => {
  const names = fc.sample(shortName, 2000)
  const rows = await client.rows<{ name: string; quoted: string; known: boolean }>(
    `select n as name, quote_ident(n) as quoted, n in (select word from pg_get_keywords()) as known
       from unnest($1::text[]) with ordinality as t (n, i) order by i`,
    [names],
  )
  const differing = rows.filter(({ name, quoted }) => ident(name) !== quoted)
  const isOdd = ({ name, known }: { name: string; known: boolean }): boolean =>
    (known && name !== reservedLater) || !quotedKeywords.has(name)
  expect(differing.filter(isOdd)).toEqual([])
})

test('the key words are those that the server quotes, and some of later majors', async () => {
  const rows = await client.rows<{ word: string; quoted: boolean }>(
    `select word, quote_ident(word) <> word as quoted from pg_get_keywords() order by word`,
  )
  const isQuoted = new Map(rows.map(({ word, quoted }) => [word, quoted]))
  expect(rows.filter(({ word, quoted }) => quoted && !quotedKeywords.has(word))).toEqual([])
  const needless = [...quotedKeywords].filter((word) => isQuoted.get(word) === false)
  expect(needless.filter((word) => word !== reservedLater)).toEqual([])
  const later = [...quotedKeywords].filter((word) => !isQuoted.has(word))
  expect(later.filter((word) => !/^(json.*|merge_action|system_user)$/.test(word))).toEqual([])
})

test('identifiers, literals and bodies come back as they were', async () => {
  const text = name.filter((candidate) => Buffer.byteLength(candidate) <= 200)
  for (const [column, value] of fc.sample(fc.tuple(shortName, text), 150)) {
    const statement = `select ${literal(value)}::text as ${ident(column)}, ${dollarQuoted(value)}::text as body_`
    const { fields, rows } = await client.query<Record<string, string>>({ text: statement })
    expect([fields[0]!.name, Object.values(rows[0]!)]).toEqual([
      column,
      column === 'body_' ? [value] : [value, value],
    ])
  }
})
