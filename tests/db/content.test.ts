import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { measureContent, type ContentSum } from '../../src/content/measure.ts'
import { ident } from '../../src/pg/quoting.ts'
import { Session } from '../../src/pg/session.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'

let database: FreshDatabase
let session: Session

beforeAll(async () => {
  database = await freshDatabase('content')
  session = await Session.connect({ alias: 'test', url: database.url }, 'content-test')
})

afterAll(async () => {
  await session.close()
  await database[Symbol.asyncDispose]()
})

async function measure(...names: string[]): Promise<ContentSum[]> {
  await session.script('begin isolation level repeatable read')
  try {
    return await measureContent(
      session,
      names.map((name) => ({ schema: 'public', name })),
    )
  } finally {
    await session.script('rollback')
  }
}

async function measureOne(name: string): Promise<ContentSum> {
  const [sum] = await measure(name)
  if (sum === undefined) throw new Error('no sum')
  return sum
}

describe('the checksum', () => {
  test('is equal for a table, a view on it and a copy in another order', async () => {
    await session.script(`
      create table public.origin (id bigint primary key, t text, at timestamptz, f float8, raw bytea, j jsonb);
      insert into public.origin
      select n, nullif(repeat('가,"\\', n % 4), ''), to_timestamp(n), n / 7.0, int8send(n), jsonb_build_object('n', n)
        from generate_series(1, 500) n;
      create view public.facade as select * from public.origin;
      create table public.shuffled as select * from public.origin order by t desc nulls first, f desc`)
    const [table, view, copy] = await measure('origin', 'facade', 'shuffled')
    expect(table).toMatchObject({ schema: 'public', name: 'origin', rows: 500 })
    expect(table?.checksum).toMatch(/^[0-9a-f]{16}$/)
    expect(view).toEqual({ ...table, name: 'facade' })
    expect(copy).toEqual({ ...table, name: 'shuffled' })
  })

  test('does not change when a column was dropped before it', async () => {
    await session.script(`
      create table public.slim as select 1 as a, now() as b;
      create table public.wide (x int, a int, gone text, b timestamptz);
      insert into public.wide select 9, a, 'gone', b from public.slim;
      alter table public.wide drop column x, drop column gone`)
    const [slim, wide] = await measure('slim', 'wide')
    expect(wide?.checksum).toBe(slim?.checksum)
  })

  test('tells null from empty, columns from each other, and counts duplicates', async () => {
    await session.script(`
      create table public.nothing (a text, b text);
      create table public.nulls (a text, b text);  insert into public.nulls values (null, '');
      create table public.turned (a text, b text); insert into public.turned values ('', null);
      create table public.joined (a text, b text); insert into public.joined values ('a,b', 'c');
      create table public.split (a text, b text);  insert into public.split values ('a', 'b,c');
      create table public.twice (a text, b text);  insert into public.twice values ('a', 'b,c'), ('a', 'b,c')`)
    const sums = await measure('nothing', 'nulls', 'turned', 'joined', 'split', 'twice')
    expect(new Set(sums.map(({ checksum }) => checksum)).size).toBe(sums.length)
    expect(sums[0]).toMatchObject({ rows: 0, checksum: '0'.repeat(16) })
    expect(sums[5]?.rows).toBe(2)
  })

  test('differs if and only if the rows do', async () => {
    await session.script(
      'create table public.left_side (a int, b text); create table public.right_side (a int, b text)',
    )
    const row = fc.tuple(
      fc.option(fc.integer({ min: -2, max: 2 })),
      fc.option(fc.string({ maxLength: 2, unit: fc.constantFrom('a', ',', '"', '\\', '(', ' ', '한') })),
    )
    const rows = fc.array(row, { maxLength: 6 })
    const fill = async (table: string, content: readonly (readonly [number | null, string | null])[]) => {
      await session.script(`truncate public.${table}`)
      await session.query(
        `insert into public.${table} select * from unnest($1::int[], $2::text[])`,
        [0, 1].map((n) => content.map((values) => values[n])),
      )
    }
    const canonical = (content: readonly unknown[]): string =>
      JSON.stringify(content.map((values) => JSON.stringify(values)).sort())
    const pairs = fc.oneof(
      fc.tuple(rows, rows),
      rows.chain((one) =>
        fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: Math.max(0, one.length - 1) })),
      ),
    )
    await fc.assert(
      fc.asyncProperty(pairs, async ([left, right]) => {
        await fill('left_side', left)
        await fill('right_side', right)
        const [one, other] = await measure('left_side', 'right_side')
        expect(one?.rows).toBe(left.length)
        expect(one?.checksum === other?.checksum).toBe(canonical(left) === canonical(right))
      }),
      { numRuns: 60 },
    )
  })
})

describe('any shape of relation', () => {
  test.each([
    ['no column', '', 'default values', 1],
    [
      'a column named as the aliases are',
      't text, line int, lines int',
      `values ('x', 1, 2), ('y', 1, 2)`,
      2,
    ],
    [
      '1,600 columns',
      Array.from({ length: 1600 }, (_, n) => `c${n} int`).join(),
      '(c7) values (1), (2), (2)',
      3,
    ],
  ])('%s', async (name, columns, insert, rows) => {
    const table = `public.${ident(name)}`
    await session.script(`create table ${table} (${columns}); insert into ${table} ${insert}`)
    const before = await measureOne(name)
    expect(before.rows).toBe(rows)
    expect(before.checksum).not.toBe('0'.repeat(16))
    await session.script(`insert into ${table} ${insert}`)
    expect((await measureOne(name)).checksum).not.toBe(before.checksum)
  })

  test('a row of a megabyte is measured to its last letter', async () => {
    await session.script(`create table public.large as select repeat('x', 1000000) || 'a' as body`)
    const before = await measureOne('large')
    await session.script(`update public.large set body = repeat('x', 1000000) || 'b'`)
    expect((await measureOne('large')).checksum).not.toBe(before.checksum)
  })

  test('odd names and a type of the user’s', async () => {
    await session.script(`
      create type public.mood as enum ('좋음', 'so so');
      create table public."My ""table"".*" ("Select" public.mood, "t" public.mood[]);
      insert into public."My ""table"".*" values ('좋음', array['so so']::public.mood[])`)
    expect((await measureOne('My "table".*')).rows).toBe(1)
  })

  test('a partitioned table is measured with its partitions, whatever the order of their columns', async () => {
    await session.script(`
      create table public.whole (id int, at date) partition by range (at);
      create table public.part_1 partition of public.whole for values from ('2024-01-01') to ('2025-01-01');
      create table public.part_2 (at date, id int);
      alter table public.whole attach partition public.part_2 for values from ('2025-01-01') to ('2026-01-01');
      insert into public.whole select n, date '2024-12-01' + n from generate_series(1, 60) n;
      create table public.flat as select * from public.whole`)
    const [whole, flat] = await measure('whole', 'flat')
    expect(whole).toEqual({ ...flat, name: 'whole' })
    expect(whole?.rows).toBe(60)
  })
})

test('the caller’s snapshot is measured, and each relation is told as it is done', async () => {
  await session.script('create table public.busy as select generate_series(1, 3) as n')
  await using other = await Session.connect({ alias: 'test', url: database.url }, 'content-test-writer')
  await session.script('begin isolation level repeatable read')
  await session.query('select 1')
  await other.script('insert into public.busy values (4)')
  const told: ContentSum[] = []
  const sums = await measureContent(session, [{ schema: 'public', name: 'busy' }], {
    onMeasured: (sum) => told.push(sum),
  })
  await session.script('commit')
  expect(sums[0]?.rows).toBe(3)
  expect(told).toEqual(sums)
})

test('rows that a policy hides are an error, never a smaller sum', async () => {
  const role = `content_reader_${database.name}`
  await session.script(`
    create table public.hidden as select generate_series(1, 5) as n;
    alter table public.hidden enable row level security;
    create policy odd on public.hidden using (n % 2 = 1);
    create role ${role};
    grant select on public.hidden to ${role}`)
  try {
    await session.script(`begin; set local role ${role}`)
    const measured = measureContent(session, [{ schema: 'public', name: 'hidden' }])
    await expect(measured).rejects.toThrow('row-level security')
    await session.script('rollback')
    expect(await session.one('show row_security')).toEqual({ row_security: 'on' })
  } finally {
    await session.script(`rollback; drop owned by ${role}; drop role ${role}`)
  }
})
