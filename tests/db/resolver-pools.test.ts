import { once } from 'node:events'
import { connect as dial, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createResolver, type Pools, type PoolsOptions, type Resolver } from '../../src/resolver/index.ts'
import { sql } from '../support/client.ts'
import { until } from '../support/process.ts'
import { checkInterval, urlVariable } from '../../src/resolver/pools.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'

/** A way to the server that can be cut, or fall silent. */
class Line {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  state: 'open' | 'cut' | 'silent' = 'open'
  /** How many connections were asked for. */
  calls = 0

  constructor(to: URL) {
    this.#server = createServer((socket) => {
      this.calls += 1
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      if (this.state === 'cut') socket.destroy()
      if (this.state !== 'open') return
      const far = dial(Number(to.port), to.hostname)
      far.on('error', () => socket.destroy())
      socket.on('close', () => far.destroy())
      socket.pipe(far).pipe(socket)
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  cut(state: 'cut' | 'silent'): void {
    this.state = state
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.cut('cut')
    this.#server.close()
  }
}

let database: FreshDatabase
let resolver: Resolver
let line: Line
let url: string

beforeAll(async () => {
  database = await freshDatabase('pools')
  await sql(
    database.url,
    'create schema a; create schema b; create table a.users (id int); create table b.orders (id int); create table rest ()',
  )
  const name = (service: string, table: string, state: string) => ({
    class: 'relation',
    schema: 'public',
    name: table,
    target: service,
    service,
    of: table,
    state,
  })
  const service = (schema: string, ...more: string[]) => ({
    schema,
    database: database.name,
    searchPath: [schema, ...more],
  })
  resolver = await createResolver({
    snapshot: {
      format: 1,
      plan: 'shop',
      hash: 'h',
      epoch: 1,
      services: { a: service('a'), b: service('b', 'a') },
      names: [name('a', 'users', 'new'), name('b', 'orders', 'new')],
    },
    redis: [
      { from: 'saju:cache:', to: 'saju_service:cache:', db: 1 },
      { from: 'saju:', to: 'saju_service:', db: 2 },
      { from: 'session:', to: 'shared_common:session:', db: 0 },
    ],
  })
  line = new Line(new URL(database.url))
  const through = new URL(database.url)
  through.port = String(await line.listen())
  url = through.href
})

afterAll(async () => {
  line.close()
  await resolver.close()
  await database[Symbol.asyncDispose]()
})

function open(options: PoolsOptions = {}): Promise<Pools> {
  return resolver.pools({
    env: { RDS_A_URL: database.url, RDS_B_URL: url, RDS_AUDIT_LOG_URL: database.url },
    ...options,
  })
}

test('each service has a pool with its search_path and its statements', async () => {
  await using pools = await open()
  const [a, b] = [await pools.getClient('a'), pools.getClientSync('b')]
  expect(await a.query('show search_path')).toMatchObject({ rows: [{ search_path: 'a, public' }] })
  expect(await b.query('show search_path')).toMatchObject({ rows: [{ search_path: 'b, a, public' }] })
  expect(await b.query('select from public.orders, users')).toMatchObject({ rowCount: 0 })
  expect(await pools.getClient('a')).toBe(a)
  // A database that is no service of the plan.
  expect(await pools.getClientSync('audit-log').query('select from rest')).toMatchObject({ rowCount: 0 })
  await expect(pools.getClient('c')).rejects.toMatchObject({
    code: 'env-missing',
    message: 'environment variable RDS_C_URL is not set',
  })
})

test('a pool is asked once in an interval, however many want it', async () => {
  line.state = 'open'
  await using pools = await open({ checkMs: 600_000, pool: { max: 1 } })
  const before = line.calls
  await Promise.all([1, 2, 3].map(() => pools.getClient('b')))
  await pools.getClient('b')
  expect(line.calls - before).toBe(1)
  // The server goes, and for the rest of the interval nobody looks.
  line.cut('cut')
  await pools.getClient('b')
  line.state = 'open'
})

test.each(['cut', 'silent'] as const)(
  'a line that is %s is told of in bounded time, and when it is back',
  async (how) => {
    line.state = 'open'
    const errors: unknown[] = []
    const back: string[] = []
    await using pools = await open({
      checkMs: 0,
      tries: 2,
      answerMs: 200,
      onError: (service, error) => errors.push([service, error]),
      onReconnect: (service) => back.push(service),
    })
    await pools.getClient('b')
    expect(back).toEqual([])
    line.cut(how)
    const refused = { code: 'service-unavailable', status: 503 }
    const answers = await Promise.allSettled([pools.getClient('b'), pools.getClient('b')])
    for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: refused })
    const calls = line.calls
    await expect(pools.getClient('b')).rejects.toMatchObject(refused)
    expect(line.calls).toBe(calls)
    expect(errors.at(-1)).toMatchObject(['b', expect.any(Error)])
    // The others go on.
    expect(await (await pools.getClient('a')).query('select 1 as n')).toMatchObject({ rows: [{ n: 1 }] })
    line.state = 'open'
    await until(() =>
      pools.getClient('b').then(
        () => true,
        () => false,
      ),
    )
    expect(back).toEqual(['b'])
  },
)

test('what is being checked when pools are closed is no failure', async () => {
  const told: unknown[] = []
  const urls = { a: 'postgresql://127.0.0.1:1/nowhere' }
  const pools = await resolver.pools({ urls, onError: (service) => told.push(service) })
  const asked = pools.getClient('a').catch((error: unknown) => error)
  await Promise.all([pools.close(), pools.close()])
  expect(await asked).toMatchObject({ message: 'these pools are closed' })
  expect(told).toEqual([])
})

test('keys of Redis go where the rules say, and those that are there already stay', () => {
  const keys: [string, string, number][] = [
    ['saju:cache:x', 'saju_service:cache:x', 1],
    ['saju_service:cache:x', 'saju_service:cache:x', 1],
    ['saju:queue', 'saju_service:queue', 2],
    ['session:1', 'shared_common:session:1', 0],
  ]
  for (const [old, key, db] of keys) expect(resolver.redisKey(old)).toEqual({ key, db })
  expect(() => resolver.redisKey('other')).toThrow(expect.objectContaining({ code: 'name-unknown' }))
})

test.each([
  [[{ from: 'a:', to: '', db: 0 }], 'redis[0] needs a beginning of keys'],
  [[{ from: 'a:', to: 'b:', db: -1 }], 'redis[0] has -1, no number of a database'],
  [
    [
      { from: 'a:', to: 'b:', db: 0 },
      { from: 'a:', to: 'c:', db: 0 },
    ],
    'redis[1] has "a:", which another has too',
  ],
])('rules for Redis that cannot be are refused: %#', async (redis, text) => {
  await expect(createResolver({ snapshot: resolver.snapshot, redis, rewrites: false })).rejects.toMatchObject(
    {
      code: 'mapping-invalid',
      message: expect.stringContaining(text),
    },
  )
})

test('how often a pool is asked depends on where it runs', () => {
  expect(checkInterval({})).toBe(60_000)
  for (const name of ['AWS_LAMBDA_FUNCTION_NAME', 'VERCEL', 'FUNCTIONS_WORKER'])
    expect(checkInterval({ [name]: '1' })).toBe(15_000)
  expect(urlVariable('saju_service')).toBe('RDS_SAJU_SERVICE_URL')
  expect(urlVariable('사주 서비스')).toBe('RDS_사주_서비스_URL')
})
