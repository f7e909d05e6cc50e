import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { createResolver, type Problem, type Resolver } from '../../src/resolver/index.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { phasesOf, planFor, uncounted } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { run, undo } from '../support/run.ts'
import { loginRoles } from '../support/sample.ts'

let database: FreshDatabase
let folder: string

beforeAll(async () => {
  database = await freshDatabase('resolver')
  folder = await mkdtemp(join(tmpdir(), 'resolver-'))
  await sql(
    database.url,
    `create schema s; create table s.users (id int primary key, name text);
     insert into s.users select n, 'user ' || n from generate_series(1, 10) n`,
  )
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await database[Symbol.asyncDispose]()
})

/** That `users` goes from public to s, and how far that is. */
function mapping(state: string, epoch = 1, plan = 'shop'): object {
  return {
    format: 1,
    plan,
    hash: 'h',
    epoch,
    services: { s: { schema: 's', database: 'shop', searchPath: ['s'] } },
    names: [
      { class: 'relation', schema: 'public', name: 'users', target: 's', service: 's', of: 'users', state },
    ],
  }
}

describe('a wrapped pool is a pool of pg in everything', () => {
  const told: Problem[] = []
  let resolver: Resolver
  let plain: pg.Pool
  let pool: pg.Pool

  beforeAll(async () => {
    resolver = await createResolver({ snapshot: mapping('new'), onProblem: (each) => told.push(each) })
    plain = new pg.Pool({ connectionString: database.url, max: 3 })
    pool = resolver.wrap(plain)
  })

  afterAll(async () => {
    await pool.end()
    expect(plain.ended).toBe(true)
    await resolver.close()
  })

  const one = { rows: [{ id: 1 }] }

  test('text, values, configuration, names, row mode, types', async () => {
    expect(pool).toBeInstanceOf(pg.Pool)
    expect(pool.options.max).toBe(3)
    expect(await pool.query('select id from users where id = 1')).toMatchObject(one)
    expect(await pool.query('select id from users where id = $1', [1])).toMatchObject(one)
    expect(await pool.query({ text: 'select id from users where id = $1', values: [1] })).toMatchObject(one)
    const config = { name: 'by id', text: 'select id from public.users where id = $1', values: [1] }
    expect(await pool.query(config)).toMatchObject(one)
    expect(config.text).toContain('public.users')
    expect(await pool.query(config, [2])).toMatchObject({ rows: [{ id: 2 }] })
    const named = 'n'.repeat(80)
    expect(await pool.query({ ...config, name: named })).toMatchObject(one)
    expect(await pool.query({ text: 'select id from users where id = 1', rowMode: 'array' })).toMatchObject({
      rows: [[1]],
    })
    const types = { getTypeParser: () => (text: string) => `<${text}>` } as unknown as pg.CustomTypesConfig
    expect(await pool.query({ text: 'select id from users where id = 1', types })).toMatchObject({
      rows: [{ id: '<1>' }],
    })
  })

  test('what the configuration says by a getter of its class', async () => {
    class Statement {
      readonly values = [1]
      get text(): string {
        return 'select id from users where id = $1'
      }
    }
    expect(await pool.query(new Statement())).toMatchObject(one)
  })

  test('callbacks', async () => {
    const asked = async (ask: (done: (error: Error | undefined, result: unknown) => void) => unknown) =>
      new Promise((resolve, reject) => {
        const returned = ask((error, result) => (error ? reject(error) : resolve(result)))
        expect(returned).toBeUndefined()
      })
    expect(await asked((done) => pool.query('select id from users where id = 1', done))).toMatchObject(one)
    expect(await asked((done) => pool.query('select id from users where id = $1', [1], done))).toMatchObject(
      one,
    )
    await expect(asked((done) => pool.query('select nothing from users', done))).rejects.toMatchObject({
      code: '42703',
    })
    const lent = await asked((done) =>
      pool.connect((error, client, release) => {
        client?.query('select id from users where id = 1', (failure, result) => {
          release()
          done(error ?? failure, result)
        })
      }),
    )
    expect(lent).toMatchObject(one)
    expect(plain.idleCount).toBe(plain.totalCount)
  })

  test('clients, transactions, Submittables', async () => {
    const client = await pool.connect()
    try {
      expect(client).toBeInstanceOf(pg.Client)
      await client.query('begin')
      await client.query('insert into users values (11, $1)', ['kept?'])
      await client.query('rollback')
      expect(await client.query('select count(*)::int as n from users')).toMatchObject({ rows: [{ n: 10 }] })
      const rows: unknown[] = []
      const query = new pg.Query('select id from users where id = 1')
      query.on('row', (row) => rows.push(row))
      client.query(query)
      await new Promise((resolve) => query.on('end', resolve))
      expect(rows).toEqual(one.rows)
      const cursor = client.query(new Cursor('select id from users where id < $1 order by id', [5]))
      expect(await cursor.read(3)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
      await cursor.close()
      const stream = client.query(new QueryStream('select id from users order by id'))
      expect(await stream.toArray()).toHaveLength(10)
    } finally {
      client.release()
    }
  })

  test('COPY in both directions', async () => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await pipeline(Readable.from(['20\tcopied\n']), client.query(copyFrom('copy users from stdin')))
      const out = (await client.query(copyTo('copy public.users to stdout')).toArray()) as Buffer[]
      expect(Buffer.concat(out).toString()).toContain('20\tcopied')
      await client.query('rollback')
    } finally {
      client.release()
    }
  })

  test('a temporary table is found first, in its session and nowhere else', async () => {
    const [client, other] = [await pool.connect(), await pool.connect()]
    try {
      await client.query('create temp table if not exists users as select 99 as id from users limit 1')
      expect(await client.query('select id from users')).toMatchObject({ rows: [{ id: 99 }] })
      expect(await client.query('select count(*)::int as n from public.users')).toMatchObject({
        rows: [{ n: 10 }],
      })
      expect(await other.query('select count(*)::int as n from users')).toMatchObject({ rows: [{ n: 10 }] })
      await client.query('discard temp')
      expect(await client.query('select count(*)::int as n from users')).toMatchObject({ rows: [{ n: 10 }] })
      expect(told).toEqual([])
      await client.query('begin; set local search_path to other')
      await client.query('rollback')
      expect(told).toMatchObject([{ kind: 'path' }])
    } finally {
      client.release()
      other.release()
    }
  })

  test.each([
    'create table pg_temp.users (id int, name text)',
    'begin; create table if not exists pg_temp.users (id int, name text); commit',
    'select 1 as id, null::text as name into pg_temp.users limit 0',
    'create temp table pg_temp.users (id int, name text)',
    'create temp table mine (id int, name text); alter table mine rename to users',
  ])('a table is temporary however it is made: %s', async (making) => {
    const client = await pool.connect()
    try {
      await client.query(making)
      await client.query(`insert into users values (99, 'mine')`)
      expect(await client.query('select id from pg_temp.users')).toMatchObject({
        rows: expect.arrayContaining([{ id: 99 }]),
      })
      expect(await pool.query('select id from users where id = 99')).toMatchObject({ rows: [] })
    } finally {
      client.release(true)
    }
  })

  test('events, counts and what a client of its own is', async () => {
    const acquired: unknown[] = []
    pool.on('acquire', (client) => acquired.push(client))
    await pool.query('select id from users')
    expect(acquired).toHaveLength(1)
    pool.removeAllListeners('acquire')
    const client = resolver.wrapClient(new pg.Client(database.url))
    await client.connect()
    expect(await client.query('select id from users where id = 1')).toMatchObject(one)
    await client.end()
  })

  test('what cannot be decided is refused in the way in which it was asked', async () => {
    await using strict = await createResolver({ snapshot: mapping('new'), undecided: 'throw' })
    const wrapped = strict.wrap(plain)
    await expect(wrapped.query('selct from users')).rejects.toMatchObject({ code: 'statement-undecided' })
    const told = await new Promise((resolve) => wrapped.query('selct from users', (error) => resolve(error)))
    expect(told).toMatchObject({ code: 'statement-undecided' })
  })
})

describe('a resolver of a file', () => {
  let file: string
  let told: Problem[]
  const write = (content: object | string) =>
    writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))

  beforeEach(async () => {
    file = join(folder, 'mapping.json')
    told = []
    await write(mapping('old'))
  })

  const following = (pollMs = 600_000) =>
    createResolver({ file, pollMs, onProblem: (problem) => told.push(problem) })

  test('sends a statement again by the other name, where that is safe', async () => {
    await using resolver = await following()
    const plain = new pg.Pool({ connectionString: database.url, max: 1 })
    const pool = resolver.wrap(plain)
    try {
      const select = 'select id from users where id = 1'
      await expect(pool.query(select)).rejects.toMatchObject({ code: '42P01' })
      expect(told).toEqual([])
      const client = await pool.connect()
      await client.query('begin')
      await write(mapping('new', 2))
      await expect(client.query(select)).rejects.toMatchObject({ code: '42P01' })
      await client.query('rollback')
      await expect(client.query(`select 1; ${select}`)).rejects.toMatchObject({ code: '42P01' })
      expect(resolver.epoch).toBe(1)
      // Both are asked before either is answered: sent again, they would change places.
      const both = await Promise.allSettled([client.query(select), client.query('select 1')])
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
      expect(await client.query(select)).toMatchObject({ rows: [{ id: 1 }] })
      client.release()
      expect(resolver.epoch).toBe(2)
      expect(told).toMatchObject([{ kind: 'retried', sql: select }])
      await write(mapping('old', 3))
      await resolver.refresh()
      await write(mapping('new', 4))
      const answered = new Promise((resolve) => pool.query(select, [], (_, result) => resolve(result)))
      expect(await answered).toMatchObject({ rows: [{ id: 1 }] })
      expect(told).toHaveLength(2)
    } finally {
      await plain.end()
    }
  })

  test('keeps what it knows when the file is older, of another plan or broken', async () => {
    await write(mapping('moved', 5))
    await using resolver = await following()
    for (const [content, kind] of [
      [mapping('old', 4), 'stale'],
      [mapping('old', 6, 'other'), 'foreign'],
      ['{', 'lost'],
      [{ ...mapping('old', 6), names: 1 }, undefined],
    ] as const) {
      await write(content)
      await resolver.refresh()
      expect(resolver.table('users')).toBe('s.users')
      if (kind !== undefined) expect(told.at(-1)).toMatchObject({ kind })
    }
    // A failure that goes on is told once.
    expect(told).toHaveLength(3)
    await write({ ...mapping('both', 7), hash: 'another' })
    await resolver.refresh()
    expect(told.at(-1)).toMatchObject({ kind: 'replanned' })
    expect(resolver.table('users')).toBe('public.users')
  })

  test('reads it again at intervals, and tells of changes until it is told not to', async () => {
    await using resolver = await following(20)
    let changes = 0
    const stop = resolver.onChange(() => (changes += 1))
    await write(mapping('moved', 2))
    await until(() => resolver.epoch === 2)
    stop()
    await write(mapping('new', 3))
    await until(() => resolver.epoch === 3)
    expect(changes).toBe(1)
  })
})

describe('a resolver of a journal', () => {
  const plan = () =>
    planFor(database.url, {
      services: {
        accounts: {
          tables: ['members', 'notes'],
          functions: ['greet'],
          types: ['mood'],
          compat: { notes: 'none' },
        },
      },
      allow: uncounted('public.greet'),
    })

  beforeAll(async () => {
    await loginRoles(['resolver_reader'])
    await sql(
      database.url,
      `create type public.mood as enum ('good', 'bad');
       create table public.members (id serial primary key, other int generated always as identity, its public.mood);
       create table public.notes (id int);
       create function public.greet(text) returns text language sql as $$ select 'hello ' || $1 $$;`,
    )
  })

  const reader = () => {
    const url = new URL(database.url)
    url.username = 'resolver_reader'
    return url.href
  }

  const states = (resolver: Resolver): Record<string, string> =>
    Object.fromEntries(resolver.snapshot.names.map(({ name, state }) => [name, state]))

  test('is told by any role where each name is, and nothing else of the journal', async () => {
    const told: Problem[] = []
    await using resolver = await createResolver({
      journal: { connection: reader(), plan: 'shop', listen: false },
      pollMs: 20,
      onProblem: (problem) => told.push(problem),
    })
    expect(told).toMatchObject([{ kind: 'gone' }])
    const { contract } = phasesOf(plan())
    await run(plan(), [1])
    await until(() => resolver.snapshot.names.some(({ state }) => state === 'both'))
    const old = { members_pkey: 'old', members_id_seq: 'old', members_other_seq: 'old', mood: 'old' }
    expect(states(resolver)).toEqual({ members: 'both', notes: 'both', greet: 'both', ...old })
    expect([resolver.table('members'), resolver.table('notes')]).toEqual(['public.members', 'accounts.notes'])
    expect(resolver.rewrite(`select greet(its::mood::text), id from members`)).toBe(
      `select greet(its::mood::text), id from members`,
    )
    const epoch = resolver.epoch
    await run(plan(), [2])
    await until(() => states(resolver)['members'] === 'moved')
    expect(resolver.epoch).toBeGreaterThan(epoch)
    const moved = { members: 'moved', notes: 'new', greet: 'moved', members_pkey: 'new' }
    expect(states(resolver)).toEqual({ ...old, ...moved, members_other_seq: 'new' })
    await undo(plan(), { to: 0 })
    await until(() => Object.values(states(resolver)).every((state) => state === 'old'))
    await run(plan(), [1, 2, contract])
    await until(() => Object.values(states(resolver)).every((state) => state === 'new'))
    expect(resolver.rewrite(`select greet(its::mood::text), nextval('members_id_seq') from members`)).toBe(
      `select accounts.greet(its::accounts.mood::text), nextval('accounts.members_id_seq') from accounts.members`,
    )
    await using client = await connect(reader())
    for (const table of ['runs', 'mappings', 'steps', 'leases', 'mapping_epochs'])
      await expect(client.query(`select from migrate.${table}`)).rejects.toMatchObject({ code: '42501' })
    // Between the schema of a journal and what is in it there is a moment.
    expect(told.slice(1).filter(({ text }) => !text.includes('permission denied for schema'))).toEqual([])
  })

  test('is not misled by what others notify', async () => {
    await using resolver = await createResolver({
      journal: { connection: reader(), plan: 'shop' },
      pollMs: 600_000,
    })
    const before = resolver.snapshot
    await sql(
      database.url,
      `select pg_notify('pg_relocate', '{"plan":"shop","epoch":1}'), pg_notify('pg_relocate', 'x')`,
    )
    await resolver.refresh()
    expect(resolver.snapshot).toEqual(before)
  })

  test('leaves nothing behind when it is closed', async () => {
    const resolver = await createResolver({ journal: { connection: reader(), plan: 'shop' } })
    await resolver.close()
    await resolver.close()
    await resolver.refresh()
    await until(async () => {
      const left = await rowsOf(
        database.url,
        `select from pg_stat_activity where application_name = 'pg-relocate resolver' and datname = current_database()`,
      )
      return left.length === 0
    })
    expect(resolver.table('members')).toBe('accounts.members')
  })
})
