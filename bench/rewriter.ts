import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { createResolver } from '../src/resolver/index.ts'
import { surroundings } from '../src/rewrite/decide.ts'
import { Moves } from '../src/rewrite/moves.ts'
import { rewriteText } from '../src/rewrite/rewrite.ts'
import { rewriteScript } from '../src/rewrite/rewrite-script.ts'
import { Parser } from '../src/sql/parser.ts'
import type { Aim, Benchmark } from './benchmark.ts'
import { blocking, type Blocking } from './rewriter/blocking.ts'
import { codemod } from './rewriter/codemod.ts'
import { median } from './statistics.ts'
import { moving, texts, untouched } from './rewriter/texts.ts'

/** What rewriting costs: at run time, for scripts, for source trees. */
export const rewriter: Benchmark = {
  name: 'rewriter',
  measure: async (cluster, { isQuick, tell }) => {
    const rounds = isQuick ? 5 : 40
    tell('statements')
    const parser = await Parser.load()
    const moves = new Moves(
      moving.map((name) => ({ class: 'relation', schema: 'public', name, target: 'app' })),
    )
    const around = surroundings(['public'])
    const resolver = await createResolver({ snapshot: snapshot(), onProblem: () => {} })
    const cells = Object.entries(texts).map(([name, text]) => ({
      name,
      bytes: Buffer.byteLength(text),
      parse: micros(rounds, () => parser.parse(text)),
      miss: micros(rounds, () => rewriteText(parser, text, moves, around)),
      hit: micros(isKept(text) ? rounds * 20 : 2, () => resolver.rewrite(text)),
      fresh: micros(isKept(text) ? rounds * 20 : 2, () => resolver.rewrite(Buffer.from(text).toString())),
    }))
    const skip = micros(rounds * 50, () => resolver.rewrite(untouched))
    tell('long texts')
    const long = await blocking(resolver, 200_000, isQuick ? 2 : 10)
    tell('scripts')
    const offline = await scripts(parser, moves, isQuick ? 200 : 4_000)
    tell('source files')
    const source = await codemod(isQuick ? 0.1 : 1)
    tell('starts')
    const start = await coldStart(isQuick ? 2 : 7)
    tell('round trips')
    const trips = await roundTrips(await cluster.createDatabase('trips'), isQuick ? 300 : 5_000)
    await resolver.close()
    return {
      title: 'Rewriting references',
      notes: [
        `medians; ${moving.length} names move. Parse: libpg-query alone, with JSON.parse. Miss: a statement seen for the first time, with the comparison of what comes out. Hit: the resolver, seen before; fresh: the same text in another string`,
        'round trips: p50 of an indexed SELECT over a local socket, one client, in turns',
      ],
      tables: [
        {
          header: ['statement', 'parse µs', 'miss µs', 'miss / parse', 'hit µs', 'hit, fresh µs'],
          rows: cells.map(({ name, parse, miss, hit, fresh }) => [
            name,
            parse.toFixed(0),
            miss.toFixed(0),
            (miss / parse).toFixed(2),
            hit.toFixed(1),
            fresh.toFixed(1),
          ]),
        },
        {
          header: ['', 'found'],
          rows: [
            ['nothing moves in it, µs', skip.toFixed(2)],
            ['start of the resolver, ms', start.ms.toFixed(0)],
            ['memory of it, MB', start.mb.toFixed(0)],
            ['200 kB never seen: event loop held up at most, ms', long.worst.toFixed(1)],
            ['the same time with nothing to do, ms', long.idle.toFixed(1)],
            ['until it is rewritten, ms', long.took.toFixed(0)],
            ['statements of scripts, each second', offline.toFixed(0)],
            ['source files, MB each second', source.megabytes.toFixed(2)],
            ['round trip, µs', trips.direct.toFixed(0)],
            ['round trip through the resolver, µs', trips.wrapped.toFixed(0)],
            ['round trip, never the same text, µs', trips.missing.toFixed(0)],
          ],
        },
      ],
      aims: aims(cells, skip, start, long, offline, source.megabytes, trips),
      raw: { cells, skip, start, long, offline, source, trips },
    }
  },
}

interface Cell {
  readonly name: string
  readonly parse: number
  readonly miss: number
  readonly hit: number
}

function aims(
  cells: readonly Cell[],
  skip: number,
  start: { ms: number; mb: number },
  long: Blocking,
  offline: number,
  megabytes: number,
  trips: { direct: number; wrapped: number },
): Aim[] {
  const [tiny, medium] = [cells[0]!, cells[1]!]
  const upTo = (what: string, found: number, limit: number, unit: string): Aim => ({
    what,
    aim: `≤ ${limit} ${unit}`,
    found: `${found.toFixed(found < 10 ? 2 : 0)} ${unit}`,
    isMet: found <= limit,
  })
  const atLeast = (what: string, found: number, limit: number, unit: string): Aim => ({
    what,
    aim: `≥ ${limit} ${unit}`,
    found: `${found.toFixed(found < 10 ? 2 : 0)} ${unit}`,
    isMet: found >= limit,
  })
  return [
    upTo('miss / parse at 500 B', medium.miss / medium.parse, 2, '×'),
    upTo('miss / parse at 40 B', tiny.miss / tiny.parse, 2.5, '×'),
    upTo('miss at 40 B', tiny.miss, 80, 'µs'),
    upTo('hit, 1 kB and less', Math.max(tiny.hit, medium.hit), 5, 'µs'),
    upTo('skip, 200 names', skip, 1, 'µs'),
    upTo('start of the resolver', start.ms, 120, 'ms'),
    upTo('memory of it', start.mb, 40, 'MB'),
    upTo('event loop held up by 200 kB', long.worst, 10, 'ms'),
    upTo('round trip, hit / direct', trips.wrapped / trips.direct, 1.05, '×'),
    atLeast('scripts', offline, 4_000, 'statements/s'),
    atLeast('source files', megabytes, 0.7, 'MB/s'),
  ]
}

/** Longer texts are sent as they are. */
function isKept(text: string): boolean {
  return text.length <= 1024 * 1024
}

/** The median time of a call, in µs. */
function micros(rounds: number, call: (n: number) => unknown): number {
  const times: number[] = []
  const each = 20
  for (let round = 0; round < rounds + 5; round++) {
    const began = performance.now()
    for (let n = 0; n < each; n++) call(n)
    // The first rounds are for the compiler.
    if (round >= 5) times.push(((performance.now() - began) * 1_000) / each)
  }
  return median(times)
}

function snapshot(): object {
  return {
    ...{ format: 1, plan: 'bench', hash: 'bench', epoch: 1 },
    services: { app: { schema: 'app', database: 'bench', searchPath: ['app', 'public'] } },
    names: moving.map((name) => ({
      ...{
        class: 'relation',
        schema: 'public',
        name,
        target: 'app',
        service: 'app',
        of: name,
        state: 'moved',
      },
    })),
  }
}

/** Statements each second of a script with tables, functions and queries. */
async function scripts(parser: Parser, moves: Moves, size: number): Promise<number> {
  const part = `
    create table table_1 (id bigint primary key, name text not null, other bigint references table_2);
    create function total_1(bigint) returns numeric language plpgsql as $$
      declare found numeric; begin select sum(total) into found from table_2 where user_id = $1; return found; end $$;
    ${texts['500 B']};
    insert into table_3 (id, name) values (1, 'one'), (2, 'two');
    update table_1 set name = (select name from table_4 where id = 1) where id = 2;
    comment on table table_1 is 'of table_1';
    drop table if exists table_5, table_6;
    create index on table_7 (name);
    `
  const text = part.repeat(Math.ceil(size / 8))
  const began = performance.now()
  const { statements } = await rewriteScript(parser, text, moves, surroundings(['public']))
  return statements / ((performance.now() - began) / 1_000)
}

/** How long a process takes to have a resolver that has rewritten a statement, beside one that does nothing. */
async function coldStart(rounds: number): Promise<{ ms: number; mb: number }> {
  const entry = join(import.meta.dirname, '..', 'dist', 'resolver', 'index.js')
  const program = (body: string): string => `
    const began = performance.now(), before = process.memoryUsage().rss
    ${body}
    console.log(JSON.stringify([performance.now() - began, (process.memoryUsage().rss - before) / 1e6]))`
  const body = `
    const { createResolver } = await import(${JSON.stringify(entry)})
    const resolver = await createResolver({ snapshot: ${JSON.stringify(snapshot())} })
    resolver.rewrite(${JSON.stringify(texts['40 B'])})
    await resolver.close()`
  const found: [number, number][] = []
  for (let round = 0; round < rounds; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(body)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await once(child, 'close')
    found.push(JSON.parse(output) as [number, number])
  }
  return { ms: median(found.map(([ms]) => ms)), mb: median(found.map(([, mb]) => mb)) }
}

/** p50 of a query by its key: as it is, through the resolver, and through it with a text that it never saw. */
async function roundTrips(
  url: string,
  rounds: number,
): Promise<Record<'direct' | 'wrapped' | 'missing', number>> {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  await pool.query('create schema app; create table app.table_1 (id int primary key, name text)')
  await pool.query(`insert into app.table_1 select n, 'name ' || n from generate_series(1, 10000) n; analyze`)
  const resolver = await createResolver({ snapshot: snapshot(), onProblem: () => {} })
  const wrapped = resolver.wrap(pool)
  const ways = {
    direct: (n: number) => pool.query('select name from app.table_1 where id = $1', [n % 10_000]),
    wrapped: (n: number) => wrapped.query('select name from table_1 where id = $1', [n % 10_000]),
    missing: (n: number) => wrapped.query(`select name as n${n} from table_1 where id = $1`, [n % 10_000]),
  }
  const times: Record<string, number[]> = { direct: [], wrapped: [], missing: [] }
  for (let n = 0; n < rounds; n++)
    for (const [name, query] of Object.entries(ways)) {
      const began = performance.now()
      await query(n)
      times[name]!.push((performance.now() - began) * 1_000)
    }
  await resolver.close()
  await pool.end()
  return {
    direct: median(times['direct']!),
    wrapped: median(times['wrapped']!),
    missing: median(times['missing']!),
  }
}
