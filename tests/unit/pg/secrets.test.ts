import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { connectionError } from '../../../src/pg/connection-error.ts'
import { connectionProblem } from '../../../src/pg/connection-string.ts'
import { Session } from '../../../src/pg/session.ts'
import { databaseName, describeTarget, inDatabase, ownConnection } from '../../../src/pg/target.ts'
import { parsePlan } from '../../../src/plan/read.ts'

/** Part of every password; nothing else of a connection string has it. */
const marker = 'S3cr3tMarker'

const plan = `
version: 1
name: shop
databases:
  shop: { url: '\${SHOP_URL}' }
services:
  orders: { from: shop.public, to: shop, tables: [orders] }
`

/** All that may be said of a connection string before there is a connection. */
function said(url: string): string[] {
  const target = { alias: 'shop', url }
  const actions: (() => unknown)[] = [
    () => describeTarget(target),
    () => connectionError(target, new Error('no answer')),
    () => connectionProblem(url),
    () => void inDatabase(target, 'other'),
    () => void ownConnection(target, 'migrate/test'),
    () => void databaseName(url),
  ]
  return actions.flatMap((action) => {
    try {
      return everything(action())
    } catch (error) {
      return everything(error)
    }
  })
}

/** What the check of a plan says of it, before there is any connection. */
function refusalOf(url: string): unknown {
  try {
    return parsePlan('plans/shop.yaml', plan, { SHOP_URL: url })
  } catch (error) {
    return error
  }
}

function everything(value: unknown): string[] {
  if (value === undefined) return []
  // With what hides in it, and what it was caused by.
  return [inspect(value, { depth: 9, showHidden: true }), JSON.stringify(value)]
}

const forms = [
  marker,
  encodeURIComponent(marker),
  Buffer.from(marker).toString('base64'),
  marker.toLowerCase(),
]

function holdsMarker(texts: readonly string[]): boolean {
  return texts.some((text) => forms.some((form) => text.includes(form)))
}

const odd = fc.stringMatching(/^[a-z0-9@:/?#%&=+ '"\\,;.$!~-]{0,4}$/)
const password = fc.tuple(odd, odd).map(([before, after]) => `${before}${marker}${after}`)
const encoded = password.map((text) => encodeURIComponent(text))
const anyPassword = fc.oneof(password, encoded)
const scheme = fc.constantFrom(
  ...['postgres://', 'postgresql://', 'postgres:', 'postgres:/', 'postgresql:/', 'postgres:///', '//', ''],
  ...[
    'jdbc:postgresql://',
    'POSTGRES://',
    ' postgres://',
    '"postgres://',
    'psql postgres://',
    'socket:',
    'http://',
  ],
)
const host = fc.constantFrom(
  'db',
  'db:5432',
  'db1,db2',
  'db1:5432,db2:5433',
  '[::1]:5432',
  '',
  '%2Ftmp',
  'db:',
  'db:x',
)
const tail = fc.constantFrom(
  '',
  '/shop',
  '/shop?',
  '/shop?sslmode=disable',
  '?service=x',
  '/shop?host=a,b',
  '/a/b',
  '#',
)

const urls = fc
  .tuple(scheme, anyPassword, host, tail)
  .map(([begin, secret, where, rest]) => `${begin}ann:${secret}@${where}${rest}`)
const inQuery = fc
  .tuple(
    scheme,
    anyPassword,
    host,
    fc.constantFrom('password', 'sslpassword', 'Password', 'user=ann&password'),
  )
  .map(([begin, secret, where, key]) => `${begin}${where}/shop?${key}=${secret}`)
const keywords = fc
  .tuple(anyPassword, fc.constantFrom("'", '"', ''), fc.constantFrom(' ', ';', '\n', '  ', ' = '))
  .map(([secret, quote, gap]) =>
    ['host=db', 'user=ann', `password=${quote}${secret}${quote}`, 'dbname=shop'].join(gap),
  )

/** A string with something left out, doubled or put in. */
const damaged = fc
  .tuple(
    fc.oneof(urls, inQuery, keywords),
    fc.nat(),
    fc.constantFrom('cut', 'double', '@', '/', ':', '%', ' ', '\n', '\0'),
  )
  .map(([text, at, what]) => {
    const marked = text.indexOf(marker)
    const place = marked < 0 ? 0 : at % (text.length - marker.length)
    const index = marked >= 0 && place > marked ? place + marker.length : place
    if (what === 'cut') return text.slice(0, index) + text.slice(index === marked ? index : index + 1)
    return (
      text.slice(0, index) +
      (what === 'double' ? (text[index] ?? '').repeat(2).slice(1) : what) +
      text.slice(index)
    )
  })

describe('no password is told', () => {
  test('of 10,000 connection strings, most of them malformed', () => {
    // Where an error was thrown holds nothing, and takes most of the time.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    fc.assert(
      fc.property(fc.oneof(urls, inQuery, keywords, damaged), (url) => !holdsMarker(said(url))),
      { numRuns: 10_000 },
    )
    Error.stackTraceLimit = stackTraceLimit
  }, 180_000)

  test.each([
    `host=db password=${marker}`,
    `postgres:/ann:${marker}@db/shop`,
    `postgresql:ann:${marker}@db/shop`,
    `ann:${marker}@db/shop`,
    `//ann:${marker}@db/shop`,
    `postgres://ann:12/${marker}@db/shop`,
    `postgres://ann:12?${marker}@db/shop`,
    `postgres://ann:12#${marker}@db/shop`,
    `postgres://ann%3A${marker}%40db/shop`,
    `postgres:///ann:${marker}@db/shop`,
    `postgres://db/shoppassword=${marker}`,
    `postgres://db?host=ann:${marker}@db`,
    `postgres://db?port=${marker}`,
    ` postgres://ann:${marker}@db/shop`,
    `"postgres://ann:${marker}@db/shop"`,
    `jdbc:postgresql://db/shop?user=ann&password=${marker}`,
  ])('of %s, nor by the session that cannot be opened', async (url) => {
    const failure: unknown = await Session.connect({ alias: 'shop', url }, 'test').catch(
      (error: unknown) => error,
    )
    expect(holdsMarker([...said(url), ...everything(failure)])).toBe(false)
    const refused = refusalOf(url)
    expect(refused).toMatchObject({ code: 'plan-invalid', exitCode: 3 })
    expect(holdsMarker(everything(refused))).toBe(false)
  })
})
