import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { measureContent } from '../../src/content/measure.ts'
import { Session } from '../../src/pg/session.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'

let database: FreshDatabase
let session: Session

beforeAll(async () => {
  database = await freshDatabase('planted')
  session = await Session.connect({ alias: 'test', url: database.url }, 'planted-test')
  await session.script(`
    create type public.mood as enum ('좋음', 'so so');
    create domain public.short as varchar(20) check (length(value) < 20);
    create domain public.shorter as public.short;
    create domain public.stamp as timestamptz;
    create type public.pair as (a int, b text);
    create table public.one (v text); create table public.other (v text)`)
})

afterAll(async () => {
  await session.close()
  await database[Symbol.asyncDispose]()
})

/** Values of each type that are all different, though some are equal, print alike or are near each other. */
const values: Readonly<Record<string, readonly string[]>> = {
  boolean: ['t', 'f'],
  smallint: ['0', '1', '-1', '256', '-32768', '32767'],
  integer: ['0', '1', '-1', '65536', '16777216', '-2147483648', '2147483647'],
  bigint: [
    '0',
    '1',
    '-1',
    '4294967296',
    '4294967297',
    '-4294967296',
    '8589934592',
    '-9223372036854775808',
    '9223372036854775807',
  ],
  oid: ['0', '1', '4294967295'],
  real: ['0', '-0', '1', '1.0000001', 'NaN', 'infinity', '-infinity', '1e-45'],
  'double precision': ['0', '-0', '1', '1.0000000000000002', 'NaN', 'infinity', '-infinity', '5e-324'],
  numeric: [
    '0',
    '0.0',
    '1',
    '1.0',
    '1.00',
    '-1',
    'NaN',
    'infinity',
    '-infinity',
    '1e-100',
    '123456789012345678901234567890',
  ],
  money: ['0', '0.01', '-0.01', '42949672.96'],
  text: [
    '',
    ' ',
    'a',
    'A',
    'á',
    'a\u0301',
    '한',
    '한 ',
    'null',
    '\\',
    "'",
    'a'.repeat(100_000),
    `${'a'.repeat(99_999)}b`,
  ],
  'character varying(10)': ['', ' ', 'a', 'a '],
  'character(3)': ['', 'a', 'b', '한'],
  bpchar: ['a', 'a ', 'a  '],
  '"char"': ['a', 'b', ''],
  name: ['a', 'b'],
  bytea: [
    '\\x',
    '\\x00',
    '\\x0000',
    '\\x0001',
    '\\xff',
    `\\x${'00'.repeat(50_000)}`,
    `\\x${'00'.repeat(49_999)}01`,
  ],
  uuid: ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001'],
  date: ['2024-01-01', '2024-01-02', 'infinity', '-infinity', '0044-03-15 BC'],
  'timestamp with time zone': [
    'epoch',
    '2024-01-01 00:00:00.000001+00',
    '2024-01-01 00:00:00.000002+00',
    '2024-01-01 01:11:34.967296+00',
    'infinity',
    '-infinity',
  ],
  'timestamp without time zone': [
    'epoch',
    '2024-01-01',
    '2024-01-01 00:00:00.000001',
    'infinity',
    '-infinity',
  ],
  'time without time zone': ['00:00', '24:00', '00:00:00.000001', '01:11:34.967296'],
  'time with time zone': ['12:00+00', '13:00+01', '12:00+01'],
  interval: ['0', '1 mon', '30 days', '720 hours', '1 day', '24 hours', '-1 mon +30 days'],
  json: ['{"a":1,"b":2}', '{"b":2,"a":1}', '{"a": 1,"b":2}', '1', '1.0', 'null'],
  jsonb: ['{"a":1,"b":2}', '{"a":1,"b":3}', '1', '1.0', 'null', '[]', '{}', '""'],
  xml: ['<a/>', '<a></a>', '<b/>'],
  inet: ['10.0.0.1', '10.0.0.1/24', '::1'],
  cidr: ['10.0.0.0/8', '10.0.0.0/16'],
  macaddr: ['08:00:2b:01:02:03', '08:00:2b:01:02:04'],
  macaddr8: ['08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03:04:06'],
  'bit(3)': ['000', '001'],
  'bit varying': ['', '0', '00', '001'],
  tsvector: ['a b', 'a:1 b:2', 'a:1A b:2'],
  tsquery: ['a & b', 'a | b'],
  point: ['(0,0)', '(-0,0)', '(0,1)', '(NaN,0)'],
  line: ['{1,2,3}', '{1,2,4}'],
  lseg: ['[(0,0),(1,1)]', '[(1,1),(0,0)]'],
  box: ['(1,1),(0,0)', '(2,1),(0,0)'],
  path: ['[(0,0),(1,1)]', '((0,0),(1,1))'],
  polygon: ['((0,0),(1,1))', '((0,0),(1,2))'],
  circle: ['<(0,0),1>', '<(0,0),2>'],
  pg_lsn: ['0/0', '0/1', '1/0'],
  xid8: ['0', '1', '4294967296'],
  tid: ['(0,1)', '(1,0)'],
  regclass: ['pg_class', 'pg_proc'],
  'integer[]': ['{}', '{1}', '{1,2}', '{{1,2}}', '[0:1]={1,2}', '{NULL}', '{1,NULL}'],
  'text[]': ['{}', '{""}', '{NULL}', '{"NULL"}', '{a,b}', '{"a,b"}'],
  'double precision[]': ['{0}', '{-0}', '{NaN}'],
  'timestamp with time zone[]': ['{2024-01-01 00:00+00}', '{2024-01-01 00:00:00.000001+00}'],
  int4range: ['empty', '[1,2)', '[1,3)', '(,1)', '(,)'],
  numrange: ['[1,2)', '[1,2]', '[1.0,2)'],
  tstzrange: ['[2024-01-01 00:00+00,infinity)', '[2024-01-01 00:00+00,)'],
  int4multirange: ['{}', '{[1,2)}', '{[1,2),[3,4)}'],
  'public.mood': ['좋음', 'so so'],
  'public.mood[]': ['{좋음}', '{"so so"}'],
  'public.shorter': ['', 'a', 'a '],
  'public.stamp': ['2024-01-01 00:00:00+00', '2024-01-01 00:00:00.000001+00'],
  'public.pair': ['(1,a)', '(1,)', '(,)', '(1,"")', '(1,"a,b")'],
}

async function checksums(...names: string[]): Promise<string[]> {
  const sums = await measureContent(
    session,
    names.map((name) => ({ schema: 'public', name })),
  )
  return sums.map(({ checksum }) => checksum)
}

async function checksumOf(content: readonly (string | null)[]): Promise<string> {
  await session.query('truncate public.one')
  await session.query('insert into public.one select v from unnest($1::text[]) v', [content])
  return (await checksums('one'))[0]!
}

describe.each(Object.entries(values))('%s', (type, all) => {
  test('every two values have different checksums, and none is that of null', async () => {
    const names = [...all, null].map((_value, index) => `v${index}`)
    await session.script('begin')
    try {
      for (const [index, value] of [...all, null].entries()) {
        await session.script(`create table public.v${index} (v ${type})`)
        // Through text and not as a parameter of the type, of which a missing cast could make another value.
        await session.query(`insert into public.v${index} select $1::text::${type}`, [value])
      }
      const sums = await checksums(...names)
      expect(new Set(sums).size).toBe(names.length)
    } finally {
      await session.script('rollback')
    }
  })
})

describe('one byte', () => {
  test('of a text', async () => {
    await session.script(`alter table public.one alter v type text`)
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 300, unit: fc.constantFrom(...'abc 한"\\,(') }),
        fc.nat(),
        async (text, at) => {
          const chars = [...text]
          const changed = chars.with(at % chars.length, 'z').join('')
          expect(await checksumOf([text])).not.toBe(await checksumOf([changed]))
          expect(await checksumOf([text])).not.toBe(
            await checksumOf([chars.toSpliced(at % chars.length, 1).join('')]),
          )
        },
      ),
      { numRuns: 40 },
    )
  })

  test.each(['bytea', 'bigint', 'timestamptz', 'float8', 'uuid'])('of a %s', async (type) => {
    const lengths: Record<string, number> = { bytea: 40, uuid: 16 }
    const length = lengths[type] ?? 8
    // The value that has these bytes as its binary form, as far as it is one.
    const made: Record<string, string> = {
      bytea: 'b',
      bigint: `('x' || encode(b, 'hex'))::bit(64)::bigint`,
      timestamptz: `'2000-01-01 00:00+00'::timestamptz + (('x' || encode(b, 'hex'))::bit(64)::bigint & 281474976710655) * interval '1 microsecond'`,
      float8: `(('x' || encode(b, 'hex'))::bit(64)::bigint)::float8`,
      uuid: `encode(b, 'hex')::uuid`,
    }
    await session.script('begin')
    try {
      await session.script(`create table public.a (v ${type}); create table public.b (v ${type})`)
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ minLength: length, maxLength: length }),
          fc.nat({ max: length - 1 }),
          fc.integer({ min: 1, max: 255 }),
          async (bytes, at, flip) => {
            const other = bytes.with(at, bytes[at]! ^ flip)
            await session.script('truncate public.a, public.b')
            await session.query(`insert into public.a select ${made[type]!} from (select $1::bytea as b) s`, [
              Buffer.from(bytes),
            ])
            await session.query(`insert into public.b select ${made[type]!} from (select $1::bytea as b) s`, [
              Buffer.from(other),
            ])
            const { same } = await session.one<{ same: boolean }>(
              'select a.v::text = b.v::text as same from public.a, public.b',
            )
            const [one, two] = await checksums('a', 'b')
            expect(one === two).toBe(same)
          },
        ),
        { numRuns: 60 },
      )
    } finally {
      await session.script('rollback')
    }
  })
})

describe('a row', () => {
  test('whatever its columns’ order, its session’s settings and its table’s past', async () => {
    await session.script(`
      create table public.here (id bigint, at timestamptz, f float8, span interval, day date, m money, raw bytea, arr timestamptz[], j jsonb, x xml, r regclass);
      insert into public.here select n, to_timestamp(n), n / 7.0::float8, n * interval '1 hour', date '2024-01-01' + n, n::numeric::money, int8send(n),
        array[to_timestamp(n)], jsonb_build_object('n', n), '<a/>', 'pg_class' from generate_series(1, 50) n;
      create table public.there (r regclass, x xml, gone int, j jsonb, arr timestamptz[], raw bytea, m money, day date, span interval, f float8, at timestamptz, id bigint);
      insert into public.there select r, x, 1, j, arr, raw, m, day, span, f, at, id from public.here order by id desc;
      alter table public.there drop column gone`)
    const [here, there] = await checksums('here', 'there')
    expect(there).toBe(here)
    await using other = await Session.connect({ alias: 'test', url: database.url }, 'planted-other')
    await other.script(
      `set lc_monetary = 'C'; set enable_seqscan = off; set max_parallel_workers_per_gather = 2; set jit_above_cost = 0; set min_parallel_table_scan_size = 0`,
    )
    const [elsewhere] = await measureContent(other, [{ schema: 'public', name: 'there' }])
    expect(elsewhere?.checksum).toBe(here)
  })

  test('is not mistaken when values change places between rows or columns', async () => {
    await session.script(`
      create table public.p (a int, b int); insert into public.p values (1, 2), (3, 4);
      create table public.q (a int, b int); insert into public.q values (1, 4), (3, 2);
      create table public.s (a int, b int); insert into public.s values (2, 1), (4, 3);
      create table public.u (a int, b int); insert into public.u values (1, 2), (1, 2), (3, 4);
      create table public.w (a int, b int); insert into public.w values (1, 2), (3, 4), (3, 4);
      create table public.y (a int, b int); insert into public.y values (null, 1), (null, null);
      create table public.z (a int, b int); insert into public.z values (1, null), (null, null)`)
    const sums = await checksums('p', 'q', 's', 'u', 'w', 'y', 'z')
    expect(new Set(sums).size).toBe(sums.length)
  })
})

test('is the same on every version and machine', async () => {
  await session.script('begin')
  try {
    const types = Object.entries(values).filter(([type]) => type !== 'regclass')
    const columns = types.map(([type], index) => `c${index} ${type}`).join(', ')
    await session.script(`create table public.golden (${columns})`)
    for (let row = 0; row < 3; row++)
      await session.query(
        `insert into public.golden select ${types.map(([type], index) => `($1::text[])[${index + 1}]::${type}`).join(', ')}`,
        [types.map(([, all]) => all[row] ?? null)],
      )
    expect((await checksums('golden'))[0]).toBe('0412ec07c52714da')
  } finally {
    await session.script('rollback')
  }
})
