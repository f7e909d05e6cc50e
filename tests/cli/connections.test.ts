import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startCluster, type Cluster } from '../support/cluster.ts'
import { rowsOf, sql } from '../support/client.ts'
import { until } from '../support/process.ts'
import { startPooler, startStandby } from './companions.ts'
import { Desk } from './desk.ts'
import { expectRefusal, watch, type Watched } from './refusal.ts'

const secret = 'correct-horse'
const execute = ['execute', '--phase', '1', '--yes']

let cluster: Cluster
let desk: Desk
let url: string
let watched: Watched

/** A plan whose connection string comes from the environment, as it does in earnest. */
const plan = `version: 1
name: shop
databases: { db: { url: "\${SHOP_URL}" } }
services: { accounts: { from: db.public, to: db, tables: [users] } }
`

beforeAll(async () => {
  cluster = await startCluster({ auth: 'scram-sha-256', password: secret })
  url = await cluster.createDatabase('shop')
  await sql(url, 'create table public.users (id serial primary key)')
  desk = await Desk.open()
  await desk.write('shop.yaml', plan)
  watched = await watch(url)
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

/** The connection string with something else in it. */
function but(
  changes: Partial<Pick<URL, 'host' | 'hostname' | 'port' | 'password' | 'username' | 'pathname'>>,
): string {
  return Object.assign(new URL(url), changes).href
}

describe('a database that cannot be reached', () => {
  const cases: readonly [name: string, url: () => string, message: RegExp, next: RegExp][] = [
    [
      'nothing listens there',
      () => but({ port: '1' }),
      /^cannot connect to database "db" at 127\.0\.0\.1:1\/shop: nothing listens there$/,
      /pg_isready -h 127\.0\.0\.1 -p 1/,
    ],
    [
      'the host does not exist',
      () => but({ hostname: 'db.invalid' }),
      /at db\.invalid:\d+\/shop: the host name is not known$/,
      /pg_isready -h db\.invalid/,
    ],
    ['wrong password', () => but({ password: 'wrong' }), /\/shop: the password is wrong$/, /password/],
    [
      'no password',
      () => but({ password: '' }),
      /the server wants a password and none was given$/,
      /password/,
    ],
    ['unknown role', () => but({ username: 'nobody_here' }), /the password is wrong|role/, /user/],
    [
      'missing database',
      () => but({ pathname: '/shoq' }),
      /\/shoq: the database does not exist$/,
      /same command|database/,
    ],
  ]

  test.each(cases)('%s', async (_name, urlOf, message, next) => {
    const env = { SHOP_URL: urlOf() }
    const refusal = { code: 'connection-failed', exit: 9, message, next }
    const error = await expectRefusal(desk, execute, refusal, { watched, env })
    expect(JSON.stringify(error)).not.toContain(secret)
    expect(JSON.stringify(error)).not.toContain('wrong:')
  })

  test('is said by every command in the same words, and never with the password', async () => {
    const env = { SHOP_URL: but({ port: '1' }) }
    for (const command of [
      ['plan'],
      ['status'],
      ['verify'],
      ['rollback', '--to', '0'],
      ['uninstall', '--confirm', 'shop'],
    ]) {
      const { code, stdout, stderr } = await desk.run(command, env)
      expect([command[0], code, stdout]).toEqual([command[0], 9, ''])
      expect(stderr).toContain(
        'error[connection-failed]: cannot connect to database "db" at 127.0.0.1:1/shop',
      )
      expect(stderr).not.toContain(secret)
    }
  })

  test('one that was dropped after the plan was begun', async () => {
    const gone = await cluster.createDatabase('gone')
    await sql(gone, 'create table public.users (id serial primary key)')
    await using here = await Desk.open()
    await here.sketch('shop.yaml', gone, { services: { accounts: ['users'] } })
    expect((await here.run(execute)).code).toBe(0)
    await cluster.dropDatabase('gone')
    for (const command of [
      ['execute', '--phase', '2', '--yes'],
      ['rollback', '--to', '0', '--yes'],
      ['status'],
    ])
      await expectRefusal(here, command, {
        code: 'connection-failed',
        exit: 9,
        message: /\/gone: the database does not exist$/,
      })
  })
})

describe('a server that will not do', () => {
  test('a standby is refused, and is let alone', async () => {
    await using standby = await startStandby(cluster)
    // The standby has what the primary has.
    await until(async () => (await rowsOf(standby.url('shop'), 'select 1')).length === 1)
    const refusal = {
      code: 'server-standby',
      exit: 4,
      message: /^database "db" is a standby: it takes no writes$/,
      next: /primary/,
    }
    const env = { SHOP_URL: standby.url('shop') }
    await expectRefusal(desk, execute, refusal, { watched, env })
    await expectRefusal(desk, ['plan'], refusal, { watched, env })
  })

  test('a pooler is refused in whatever mode it is', async () => {
    await using pooler = await startPooler(cluster, 'shop')
    if (pooler === undefined) return skipped('pgbouncer')
    for (const name of ['by_session', 'by_transaction']) {
      const refusal = {
        code: 'pooler-detected',
        exit: 4,
        message: /^database "db" is reached through a connection pooler$/,
        detail: /announced backend -?\d+, the server runs it in backend \d+/,
        next: /the server’s own host and port/,
      }
      for (const command of [execute, ['plan'], ['rollback', '--to', '0', '--yes']])
        await expectRefusal(desk, command, refusal, { watched, env: { SHOP_URL: pooler.url(name) } })
    }
  })
})

/** Told where it is seen, so that nobody takes a test that did not run for one that passed. */
function skipped(program: string): void {
  process.stderr.write(`\nSKIPPED: ${program} is not installed (${expect.getState().currentTestName})\n`)
}
