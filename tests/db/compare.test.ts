import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  compareTables,
  type CompareOptions,
  type ComparisonState,
  type TableComparison,
} from '../../src/content/compare.ts'
import { measureContent } from '../../src/content/measure.ts'
import { repairStatements } from '../../src/content/repair.ts'
import { Session } from '../../src/pg/session.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'

let here: FreshDatabase
let there: FreshDatabase
let left: Session
let right: Session

beforeAll(async () => {
  ;[here, there] = [await freshDatabase('compare'), await freshDatabase('compare')]
  left = await Session.connect({ alias: 'here', url: here.url }, 'compare-test')
  right = await Session.connect({ alias: 'there', url: there.url }, 'compare-test')
})

afterAll(async () => {
  for (const session of [left, right]) await session.close()
  for (const database of [here, there]) await database[Symbol.asyncDispose]()
})

beforeEach(async () => {
  for (const session of [left, right]) await session.script(`drop table if exists public.t cascade`)
})

const relation = { schema: 'public', name: 't' }

async function both(script: string): Promise<void> {
  for (const session of [left, right]) await session.script(script)
}

function compare(options: CompareOptions = {}): Promise<TableComparison> {
  return compareTables({ session: left, relation }, { session: right, relation }, options)
}

async function repair(comparison: TableComparison, columns?: readonly string[]): Promise<void> {
  const sides = [
    { session: left, relation },
    { session: right, relation },
  ] as const
  await right.script('begin; set local session_replication_role = replica')
  for await (const statement of repairStatements(
    ...sides,
    comparison,
    columns === undefined ? {} : { columns },
  ))
    await right.script(statement)
  await right.script('commit')
}

const people = `
  create table public.t (id int primary key, name text, at timestamptz default now(), raw bytea, twice int generated always as (id * 2) stored);
  insert into public.t (id, name, at, raw) select n, 'row ' || n, to_timestamp(n), int4send(n) from generate_series(1, 20000) n`

describe('two databases', () => {
  test('equal tables are equal, with the sums that measuring gives', async () => {
    await both(people)
    const comparison = await compare({ chunkRows: 3000 })
    const [sum] = await measureContent(left, [relation])
    expect(comparison).toMatchObject({
      isEqual: true,
      rows: [20_000, 20_000],
      differences: [],
      checksums: [sum?.checksum, sum?.checksum],
    })
  })

  test('changed, missing and extra rows are narrowed down to their keys, and repaired', async () => {
    await both(people)
    await right.script(`
      update public.t set name = name || ' ' where id in (1, 7777, 20000);
      update public.t set raw = null where id = 500;
      delete from public.t where id between 12000 and 12002;
      insert into public.t (id, name) values (0, 'before'), (30000, 'after')`)
    const comparison = await compare({ chunkRows: 3000 })
    const keys = (kind: string): string[] =>
      comparison.differences.filter((each) => each.kind === kind).map(({ key }) => key.join())
    expect(comparison.isEqual).toBe(false)
    expect(keys('changed').sort()).toEqual(['1', '20000', '500', '7777'])
    expect(keys('missing').sort()).toEqual(['12000', '12001', '12002'])
    expect(keys('extra').sort()).toEqual(['0', '30000'])
    await repair(comparison)
    expect((await compare()).isEqual).toBe(true)
  })

  test('one side may be empty', async () => {
    await both(people)
    await right.script('truncate public.t')
    const comparison = await compare({ chunkRows: 7000 })
    expect(comparison.differences).toHaveLength(20_000)
    await repair(comparison)
    await left.script('truncate public.t')
    const back = await compare()
    expect(back.differences.map(({ kind }) => kind)).toEqual(Array.from({ length: 20_000 }, () => 'extra'))
    await repair(back)
    expect((await compare()).rows).toEqual([0, 0])
  })

  test('keys of several columns, of texts and of times', async () => {
    await both(`
      create table public.t (tenant text, at timestamptz, n numeric, v text, primary key (tenant, at, n));
      insert into public.t select '테넌트 ' || n % 3, to_timestamp(n / 7), n / 10.0, 'v' from generate_series(1, 3000) n`)
    await right.script(`update public.t set v = 'w' where n = 100.0; delete from public.t where n = 200.1`)
    const comparison = await compare({ chunkRows: 500 })
    expect(comparison.differences.map(({ kind }) => kind).sort()).toEqual(['changed', 'missing'])
    await repair(comparison)
    expect((await compare()).isEqual).toBe(true)
  })

  test('a column that is only on one side, or of another type, is told and nothing is compared', async () => {
    await left.script('create table public.t (id int primary key, a int, b text)')
    await right.script('create table public.t (id int primary key, a bigint, c text)')
    const comparison = await compare()
    expect(comparison.isEqual).toBe(false)
    expect(comparison.shape).toHaveLength(3)
    expect(comparison.shape[0]).toContain('column a is integer')
    expect(await compare({ columns: ['id'] })).toMatchObject({ isEqual: true, shape: [] })
  })

  test('only some columns are compared and repaired', async () => {
    await left.script(
      `create table public.t (id int primary key, a int, old int); insert into public.t values (1, 1, 1), (2, 2, 2)`,
    )
    await right.script(
      `create table public.t (id int primary key, a int, new int default 7); insert into public.t values (1, 5, 5)`,
    )
    const columns = ['id', 'a']
    await repair(await compare({ columns }), columns)
    expect(await right.query('select * from public.t order by 1')).toEqual([
      { id: 1, a: 1, new: 5 },
      { id: 2, a: 2, new: 7 },
    ])
  })

  test('values that are unique in another column change places', async () => {
    await both(
      `create table public.t (id int primary key, rank int unique); insert into public.t select n, n from generate_series(1, 400) n`,
    )
    await right.script('update public.t set rank = -rank; update public.t set rank = 401 + rank')
    await repair(await compare())
    expect((await compare()).isEqual).toBe(true)
  })

  test('a key of one side alone tells nothing apart: duplicates and nulls on the other are found', async () => {
    await left.script(
      'create table public.t (id int primary key, v int); insert into public.t select n, n from generate_series(1, 5) n',
    )
    await right.script(
      'create table public.t (id int, v int); insert into public.t select n, n from generate_series(1, 5) n',
    )
    await right.script('insert into public.t values (3, 3), (null, 7), (5, 50)')
    const comparison = await compare({ chunkRows: 2 })
    expect([comparison.key, comparison.isEqual, comparison.differences.length]).toEqual([undefined, false, 3])
    await repair(comparison)
    expect(await compare()).toMatchObject({ isEqual: true, rows: [5, 5] })
  })

  test('a key whose type is in another schema there', async () => {
    await left.script(
      `create type public.feeling as enum ('a', 'b', 'c'); create table public.t (k public.feeling primary key, v int)`,
    )
    await right.script(
      `create schema elsewhere; create type elsewhere.feeling as enum ('a', 'b', 'c'); create table public.t (k elsewhere.feeling primary key, v int)`,
    )
    for (const session of [left, right])
      await session.script(`insert into public.t values ('a', 1), ('b', 2), ('c', 3)`)
    await right.script(`update public.t set v = 9 where k = 'b'; delete from public.t where k = 'c'`)
    const comparison = await compare({ chunkRows: 1 })
    expect(comparison.differences.map(({ key }) => key[0])).toEqual(['b', 'c'])
    await repair(comparison)
    expect((await compare()).isEqual).toBe(true)
  })

  test('a key that is generated', async () => {
    await both(`create table public.t (a int not null, v text, k int generated always as (a * 2) stored primary key);
      insert into public.t (a, v) select n, 'v' from generate_series(1, 9) n`)
    await right.script(`update public.t set v = 'x' where a = 5; delete from public.t where a = 7`)
    await repair(await compare())
    expect((await compare()).isEqual).toBe(true)
  })

  test('large rows are put right in statements that are not', async () => {
    await both(`create table public.t (id int primary key, v text, b bytea)`)
    await left.script(
      `insert into public.t select n, repeat('x', 1000000), decode(repeat('ab', 500000), 'hex') from generate_series(1, 12) n`,
    )
    const comparison = await compare()
    const lengths: number[] = []
    for await (const statement of repairStatements(
      { session: left, relation },
      { session: right, relation },
      comparison,
    )) {
      lengths.push(statement.length)
      await right.script(statement)
    }
    expect(lengths.length).toBeGreaterThan(4)
    expect(Math.max(...lengths)).toBeLessThan(8_000_000)
    expect((await compare()).isEqual).toBe(true)
  })

  test('rows are counted once where the sides sort them by different rules', async () => {
    await left.script('create table public.t (id text collate "C" primary key)')
    await right.script('create table public.t (id text collate "en-x-icu" primary key)')
    for (const session of [left, right])
      await session.script(
        `insert into public.t select (case when n % 2 = 0 then 'a' else 'B' end) || n from generate_series(1, 400) n`,
      )
    await right.script(`delete from public.t where id = 'B7'`)
    const comparison = await compare({ chunkRows: 30 })
    expect(comparison.rows).toEqual([400, 399])
    expect(comparison.differences).toMatchObject([{ kind: 'missing', key: ['B7'] }])
  })

  test('texts are the same in two encodings', async () => {
    const name = `${here.name}_euc`
    await left.script(`create database ${name} encoding 'EUC_KR' locale 'C' template template0`)
    const url = new URL(here.url)
    url.pathname = `/${name}`
    const korean = await Session.connect({ alias: 'korean', url: url.href }, 'compare-test')
    try {
      const script = `create table public.t (id int primary key, v text, "c" char(5)); insert into public.t values (1, '한글', '가'), (2, '', null)`
      await left.script(script)
      await korean.script(script)
      const same = await compareTables({ session: left, relation }, { session: korean, relation })
      expect(same.isEqual).toBe(true)
      await korean.script(`update public.t set v = '한굴' where id = 1`)
      const different = await compareTables({ session: left, relation }, { session: korean, relation })
      expect(different.differences.map(({ key }) => key)).toEqual([['1']])
    } finally {
      await korean.close()
      await left.script(`drop database ${name}`)
    }
  })
})

describe('tables without a key', () => {
  test('are compared as bags of rows, duplicates counted, and repaired', async () => {
    await both(`
      create table public.t (a int, b text);
      insert into public.t select n % 50, 'x' from generate_series(1, 1000) n;
      insert into public.t values (null, null), (null, null)`)
    expect(await compare()).toMatchObject({ isEqual: true, rows: [1002, 1002], key: undefined })
    await right.script(`
      delete from public.t where ctid in (select ctid from public.t where a = 7 limit 3);
      insert into public.t values (null, null), (9, 'x'), (9, 'x'), (9, 'y')`)
    const comparison = await compare()
    expect(comparison.differences.map(({ kind, copies }) => `${kind} ${copies}`).sort()).toEqual([
      'extra 1',
      'extra 1',
      'extra 2',
      'missing 3',
    ])
    await repair(comparison)
    expect((await compare()).isEqual).toBe(true)
  })

  test('a unique index that nulls can slip through tells nothing apart', async () => {
    await both(
      `create table public.t (a int unique, b text); insert into public.t values (null, 'x'), (null, 'y'), (1, 'z')`,
    )
    await right.script(`update public.t set b = 'w' where b = 'y'`)
    const comparison = await compare()
    expect(comparison.key).toBeUndefined()
    expect(comparison.differences).toHaveLength(2)
    await repair(comparison)
    expect((await compare()).isEqual).toBe(true)
  })

  test('a key of an extension’s type is none', async () => {
    await both(`
      create extension if not exists ltree schema public;
      create domain public.code as text;
      create table public.t (path public.ltree primary key, v text);
      insert into public.t select ('top.n' || n)::public.ltree, 'v' from generate_series(1, 30) n`)
    await right.script(`update public.t set v = 'w' where path::text = 'top.n7'`)
    const comparison = await compare()
    expect([comparison.key, comparison.differences.length]).toEqual([undefined, 2])
    await both(
      'drop table public.t; create table public.t (c public.code primary key, v int); insert into public.t values (1, 1)',
    )
    expect((await compare()).key).toHaveLength(1)
  })

  test('partitions have a table’s rows even where they stand in other places', async () => {
    await left.script(
      `create table public.t (id int, v text); insert into public.t select n, 'v' from generate_series(1, 300) n`,
    )
    await right.script(`
      create table public.t (v text, id int) partition by hash (id);
      create table public.t_0 partition of public.t for values with (modulus 2, remainder 0);
      create table public.t_1 partition of public.t for values with (modulus 2, remainder 1);
      insert into public.t (id, v) select n, 'v' from generate_series(1, 300) n;
      update public.t set v = 'w' where id in (1, 2, 3)`)
    const comparison = await compare()
    expect(comparison.differences).toHaveLength(6)
    await repair(comparison)
    expect((await compare()).isEqual).toBe(true)
  })
})

test('a property: what differs is found to the row, and repaired it is the same', async () => {
  await both('create table public.t (id int primary key, v text)')
  const rows = fc.uniqueArray(
    fc.tuple(fc.integer({ min: 0, max: 60 }), fc.option(fc.constantFrom('', 'a', 'b'))),
    {
      selector: ([id]) => id,
      maxLength: 40,
    },
  )
  const fill = async (
    session: Session,
    content: readonly (readonly [number, string | null])[],
  ): Promise<void> => {
    await session.script('truncate public.t')
    await session.query('insert into public.t select * from unnest($1::int[], $2::text[])', [
      content.map(([id]) => id),
      content.map(([, v]) => v),
    ])
  }
  await fc.assert(
    fc.asyncProperty(rows, rows, fc.integer({ min: 1, max: 20 }), async (ours, theirs, chunkRows) => {
      await fill(left, ours)
      await fill(right, theirs)
      const [one, other] = [new Map(ours), new Map(theirs)]
      const expected = [...new Set([...one.keys(), ...other.keys()])].filter(
        (id) => one.get(id) !== other.get(id),
      )
      const comparison = await compare({ chunkRows })
      expect(comparison.differences.map(({ key }) => Number(key[0])).sort((a, b) => a - b)).toEqual(
        expected.sort((a, b) => a - b),
      )
      await repair(comparison)
      expect((await compare({ chunkRows })).isEqual).toBe(true)
    }),
    { numRuns: 40 },
  )
})

test('goes on where an earlier comparison was stopped, with what that has found', async () => {
  await both(people)
  await right.script(`update public.t set name = 'x' where id in (10, 15000)`)
  const states: ComparisonState[] = []
  const stop = new AbortController()
  const first = compare({
    chunkRows: 2000,
    signal: stop.signal,
    onChunk: (state) => {
      states.push(state)
      if (states.length === 3) stop.abort(new Error('stopped'))
    },
  })
  await expect(first).rejects.toThrow('stopped')
  // What was read before must not be read again.
  await both('delete from public.t where id between 20 and 5999')
  const second = await compare({
    chunkRows: 2000,
    from: JSON.parse(JSON.stringify(states.at(-1))) as ComparisonState,
  })
  expect(second.rows).toEqual([20_000, 20_000])
  expect(second.differences.map(({ key }) => key[0])).toEqual(['10', '15000'])
})

test('the pace is kept', async () => {
  await both(
    'create table public.t as select n as id from generate_series(1, 2000) n; alter table public.t add primary key (id)',
  )
  const began = performance.now()
  await compare({ chunkRows: 500, maxRate: 4000 })
  // The last chunk is not waited for; that no less time passed is no measurement of speed.
  expect(performance.now() - began).toBeGreaterThanOrEqual(300)
})

test('two names of one table are equal at every moment while it is written to', async () => {
  await left.script(`${people}; create view public.v as select * from public.t`)
  await using writer = await Session.connect({ alias: 'here', url: here.url }, 'compare-writer')
  const done = new AbortController()
  const writing = (async () => {
    for (let n = 0; !done.signal.aborted; n++)
      await writer.query('update public.t set name = $2 where id % 100 = $1', [n % 100, `again ${n}`])
    return true
  })()
  try {
    for (let round = 0; round < 5; round++) {
      const comparison = await compareTables(
        { session: left, relation },
        { session: left, relation: { schema: 'public', name: 'v' } },
        { chunkRows: 2000 },
      )
      expect(comparison).toMatchObject({ isEqual: true, rows: [20_000, 20_000] })
    }
  } finally {
    done.abort()
    await writing
  }
})

test('a replica that is behind is waited for, and one that stays different is not excused', async () => {
  await both(people)
  await right.script(
    `update public.t set name = 'late' where id = 5; update public.t set name = 'wrong' where id = 6`,
  )
  await using applier = await Session.connect({ alias: 'there', url: there.url }, 'compare-applier')
  let isApplied: Promise<void> | undefined
  const comparison = await compare({
    chunkRows: 5000,
    settleMs: 2000,
    onChunk: () => {
      isApplied ??= applier.script(`update public.t set name = 'row 5' where id = 5`)
    },
  })
  await isApplied
  expect(comparison.differences.map(({ key }) => key[0])).toEqual(['6'])
})
