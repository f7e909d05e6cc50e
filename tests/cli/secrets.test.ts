import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Desk } from './desk.ts'

const marker = 'S3cr3tMarker'

let desk: Desk

beforeAll(async () => {
  desk = await Desk.open()
  await desk.write(
    'shop.yaml',
    `version: 1
name: shop
databases: { db: { url: "\${SHOP_URL}" } }
services: { accounts: { from: db.public, to: db, tables: [users] } }
`,
  )
})

afterAll(() => desk[Symbol.asyncDispose]())

describe('a connection string where a name is wanted is refused and not repeated', () => {
  const strings = [
    `postgres://ann:${marker}@db/shop`,
    `postgres:/ann:${marker}@db/shop`,
    `host=db user=ann password=${marker}`,
    `ann:${marker}@db/shop`,
  ]
  const commands: readonly (readonly string[])[] = [
    ['compare', '--with'],
    ['rewrite', 'plans', '--offline', '--verify'],
    ['drill', '--scratch'],
    ['init', '--database'],
    ['doctor', '--database'],
  ]

  test.each(commands.map((command) => [command.join(' '), command]))('%s', async (_name, command) => {
    const env = { SHOP_URL: 'postgres://nobody@127.0.0.1:1/none' }
    const answers = await Promise.all(strings.map((text) => desk.run([...command, text], env)))
    expect(answers.map(({ code }) => code)).toEqual(strings.map(() => 2))
    for (const { stdout, stderr } of answers) expect(`${stdout}${stderr}`).not.toContain(marker)
  })
})

test('what the driver cannot read is refused in words before there is any connection', async () => {
  const cases: readonly [url: string, words: RegExp][] = [
    [`host=db user=ann password=${marker}`, /keywords \(host=… dbname=…\) are not read/],
    [`postgres://ann:${marker}@db1,db2:5433/shop`, /several hosts are not read: name the primary alone/],
    [`postgres://ann:${marker}@/shop?service=main`, /service= is not read/],
    [`postgresql:/ann:${marker}@db/shop`, /needs two slashes/],
    [`postgres://ann:1/${marker}@db/shop`, /has an @ behind the host/],
  ]
  for (const [SHOP_URL, words] of cases) {
    const { code, error } = await desk.failure(['status'], { SHOP_URL })
    expect([code, error.code, error.message]).toEqual([3, 'plan-invalid', expect.stringMatching(words)])
    expect(JSON.stringify(error)).not.toContain(marker)
  }
})
