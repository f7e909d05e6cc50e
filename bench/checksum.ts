import { createHash } from 'node:crypto'
import pg from 'pg'
import { compareTables } from '../src/content/compare.ts'
import { measureContent } from '../src/content/measure.ts'
import { Session } from '../src/pg/session.ts'
import type { Benchmark } from './benchmark.ts'
import { milliseconds } from './report.ts'
import { median } from './statistics.ts'

/** Ways to learn whether the rows of a table are what they were, and what they are measured by. */
type Way = 'count' | 'lastColumn' | 'asText' | 'checksum' | 'compare' | 'client'

interface Subject {
  readonly name: string
  readonly create: (rows: number) => string
  readonly lastColumn: string
  readonly aim: number
}

const subjects: readonly Subject[] = [
  {
    name: 'narrow',
    create: (rows) => `
      create table public.narrow as
      select n::bigint as id, n % 97 as shop, 'user ' || n as name, now() + n * interval '1 second' as at, n % 3 = 0 as is_open
        from generate_series(1, ${rows * 10}) n`,
    lastColumn: 'is_open',
    aim: 0.6,
  },
  {
    name: 'wide',
    create: (rows) => `
      create table public.wide as
      select n as id, repeat(md5(n::text), 12) as body, repeat(md5((n + 1)::text), 10) as note,
             jsonb_build_object('a', n, 'b', repeat('x', 100)) as extra, n * 1.5::numeric(12, 2) as price,
             now() + n * interval '1 second' as at, n::float8 / 7 as ratio, gen_random_uuid() as token,
             array[n, n + 1, n + 2] as parts, decode(repeat(md5(n::text), 4), 'hex') as raw
        from generate_series(1, ${rows}) n`,
    lastColumn: 'raw',
    aim: 0.3,
  },
]

/** How fast content is measured and compared. */
export const checksum: Benchmark = {
  name: 'checksum',
  measure: async (cluster, { isQuick, tell }) => {
    const rounds = isQuick ? 2 : 9
    const rows = isQuick ? 20_000 : 200_000
    const database = await cluster.createDatabase('checksums')
    const results = []
    for (const subject of subjects) {
      tell(`building ${subject.name}`)
      await cluster.sql(
        'checksums',
        `${subject.create(rows)}; alter table public.${subject.name} add primary key (id); create table public.${subject.name}_copy as table public.${subject.name};
         alter table public.${subject.name}_copy add primary key (id)`,
      )
      await cluster.sql('checksums', 'vacuum analyze')
      tell(`measuring ${subject.name}`)
      results.push({
        subject,
        bytes: await sizeOf(database, subject.name),
        ms: await time(database, subject, rounds),
      })
    }
    const of = (ms: Record<Way, number[]>, way: Way): number => median(ms[way])
    return {
      title: 'Checksums',
      notes: [
        `ms; medians of ${rounds} rounds in which each way takes its turn, everything in the server’s or the system’s cache, parallel workers as the server likes`,
        'count(column) reads each row to its last column, as whatever looks at rows must; count(*) reads none of it',
        'one side: how much time a checksum of one table takes; two sides: what it takes to know that two tables are equal',
        'client: both tables fetched and hashed row by row by the driver, as most tools do it',
      ],
      tables: [
        {
          header: [
            'one side',
            'MB',
            'count(*)',
            'count(column)',
            'hash of text',
            'checksum',
            'of count(*)',
            'of count(column)',
          ],
          rows: results.map(({ subject, bytes, ms }) => [
            subject.name,
            (bytes / 2 ** 20).toFixed(0),
            ...(['count', 'lastColumn', 'asText', 'checksum'] as const).map((way) =>
              milliseconds(of(ms, way)),
            ),
            share(of(ms, 'count') / of(ms, 'checksum')),
            share(of(ms, 'lastColumn') / of(ms, 'checksum')),
          ]),
        },
        {
          header: ['two sides', 'compare', 'client', 'client : compare'],
          rows: results.map(({ subject, ms }) => [
            subject.name,
            milliseconds(of(ms, 'compare')),
            milliseconds(of(ms, 'client')),
            `${(of(ms, 'client') / of(ms, 'compare')).toFixed(1)}×`,
          ]),
        },
      ],
      aims: results.map(({ subject, ms }) => {
        const found = of(ms, 'count') / of(ms, 'checksum')
        return {
          what: `speed of the checksum of ${subject.name} rows, of count(*)`,
          aim: `at least ${share(subject.aim)}`,
          found: share(found),
          isMet: found >= subject.aim,
        }
      }),
      raw: results.map(({ subject, bytes, ms }) => ({ name: subject.name, bytes, ms })),
    }
  },
}

function share(value: number): string {
  return `${Math.round(value * 100)} %`
}

async function sizeOf(url: string, table: string): Promise<number> {
  await using session = await Session.connect({ alias: 'bench', url }, 'bench')
  const { bytes } = await session.one<{ bytes: number }>(
    `select pg_table_size(to_regclass($1))::float8 as bytes`,
    [`public.${table}`],
  )
  return bytes
}

async function time(url: string, subject: Subject, rounds: number): Promise<Record<Way, number[]>> {
  await using left = await Session.connect({ alias: 'left', url }, 'bench')
  await using right = await Session.connect({ alias: 'right', url }, 'bench')
  const relation = { schema: 'public', name: subject.name }
  const copy = { schema: 'public', name: `${subject.name}_copy` }
  const from = `from public.${subject.name} as t`
  const ways: Record<Way, () => Promise<unknown>> = {
    count: () => left.query(`select count(*) ${from}`),
    lastColumn: () => left.query(`select count(t.${subject.lastColumn}) ${from}`),
    asText: () => left.query(`select sum(hashtextextended((t.*)::text collate "C", 0)) ${from}`),
    checksum: () => measureContent(left, [relation]),
    compare: () => compareTables({ session: left, relation }, { session: right, relation: copy }),
    client: () => Promise.all([pull(url, relation.name), pull(url, copy.name)]),
  }
  const ms: Record<Way, number[]> = {
    count: [],
    lastColumn: [],
    asText: [],
    checksum: [],
    compare: [],
    client: [],
  }
  // The first round fills the cache.
  for (let round = -1; round < rounds; round++) {
    for (const way of Object.keys(ways) as Way[]) {
      const began = performance.now()
      await ways[way]()
      if (round >= 0) ms[way].push(performance.now() - began)
    }
  }
  return ms
}

/** Fetches a table in the order of its key and hashes its rows, a few thousand at a time. */
async function pull(url: string, table: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const hash = createHash('md5')
    await client.query(`begin; declare rows cursor for select * from public.${table} order by id`)
    for (;;) {
      const { rows } = await client.query<unknown[]>({ text: 'fetch 5000 from rows', rowMode: 'array' })
      for (const row of rows) hash.update(JSON.stringify(row))
      if (rows.length === 0) return hash.digest('hex')
    }
  } finally {
    await client.end()
  }
}
