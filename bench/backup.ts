import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Cluster } from '../scripts/cluster/cluster.ts'
import { takeBackup } from '../src/backup/dump.ts'
import { findDumpTools, type DumpTools } from '../src/backup/tool.ts'
import { measureContent } from '../src/content/measure.ts'
import { drill } from '../src/engine/drill.ts'
import { openWorkspace } from '../src/engine/workspace.ts'
import { EventStream } from '../src/events/stream.ts'
import type { Plan } from '../src/plan/plan.ts'
import { parsePlan } from '../src/plan/read.ts'
import type { Benchmark } from './benchmark.ts'
import { writePlan } from './plan-file.ts'
import { milliseconds } from './report.ts'
import { median } from './statistics.ts'

const run = promisify(execFile)
const jobs = 2
const tables = Array.from({ length: 8 }, (_, n) => `t${n}`)

interface Times {
  readonly dumpMs: number[]
  readonly backupMs: number[]
  readonly restoreMs: number[]
  readonly drillMs: number[]
  /** Parts of a backup: pg_dump of definitions alone, and checksums alone. */
  readonly definitionsMs: number[]
  readonly checksumsMs: number[]
}

/** What a backup and a drill take beside pg_dump and pg_restore alone. */
export const backup: Benchmark = {
  name: 'backup',
  measure: async (cluster, { isQuick, tell }) => {
    const rows = isQuick ? 10_000 : 150_000
    const rounds = isQuick ? 1 : 5
    tell('building the tables')
    await build(cluster, rows)
    const { file, text } = await writePlan(cluster, 'backups', new Map([['things', tables]]))
    const plan = parsePlan(file, text, {})
    const tools = await findDumpTools(cluster.binaries.major)
    const times: Times = {
      dumpMs: [],
      backupMs: [],
      restoreMs: [],
      drillMs: [],
      definitionsMs: [],
      checksumsMs: [],
    }
    for (let round = 0; round < rounds; round++) {
      tell(`round ${round + 1} of ${rounds}`)
      await measureRound(cluster, plan, tools, times)
    }
    const of = (ms: number[]): number => median(ms)
    const [more, longer] = [of(times.backupMs) / of(times.dumpMs), of(times.drillMs) / of(times.restoreMs)]
    return {
      title: 'Backup and restore',
      notes: [
        `${tables.length} tables of ${rows.toLocaleString('en-US')} rows each, ${jobs} jobs; ms, medians of ${rounds} rounds in which each takes its turn`,
        'a backup is pg_dump of definitions and rows, checksums of all tables in the same snapshot, sha256 of all files and a manifest',
        `of a backup, definitions are ${milliseconds(of(times.definitionsMs))} ms and checksums ${milliseconds(of(times.checksumsMs))} ms; the first do not grow with the rows`,
        'a drill is a new database, pg_restore, and checksums of all tables compared with the manifest',
      ],
      tables: [
        {
          header: ['', 'alone', 'with us', 'of it'],
          rows: [
            [
              'pg_dump, backup',
              milliseconds(of(times.dumpMs)),
              milliseconds(of(times.backupMs)),
              percent(more),
            ],
            [
              'pg_restore, drill',
              milliseconds(of(times.restoreMs)),
              milliseconds(of(times.drillMs)),
              percent(longer),
            ],
          ],
        },
      ],
      aims: [
        {
          what: 'a backup beside pg_dump with the same jobs',
          aim: 'at most 105 %',
          found: percent(more),
          isMet: more <= 1.05,
        },
      ],
      raw: times,
    }
  },
}

async function build(cluster: Cluster, rows: number): Promise<void> {
  await cluster.createDatabase('backups')
  for (const table of tables)
    await cluster.sql(
      'backups',
      `create table public.${table} (id bigint primary key, name text not null, at timestamptz, note text, extra jsonb);
       insert into public.${table}
       select n, 'user ' || n, now() - n * interval '1 minute', md5(n::text) || ' ' || md5((n * 7)::text), jsonb_build_object('n', n)
         from generate_series(1, ${rows}) n;
       create index on public.${table} (at)`,
    )
  await cluster.sql('backups', 'vacuum analyze')
}

/** Each way once; the archive of pg_dump is what pg_restore restores. */
async function measureRound(cluster: Cluster, plan: Plan, tools: DumpTools, times: Times): Promise<void> {
  const url = cluster.url('backups')
  const archive = join(cluster.dir, 'plain')
  const taken = join(cluster.dir, 'taken')
  const workspace = await openWorkspace(
    { ...plan, defaults: { ...plan.defaults, backupDir: taken } },
    'bench',
  )
  try {
    const names = tables.map((table) => `--table=public.${table}`)
    await timed(times.dumpMs, () => run(tools.pgDump, ['-Fd', `-j${jobs}`, ...names, '-f', archive, url]))
    await timed(times.definitionsMs, () =>
      run(tools.pgDump, ['-Fc', '--schema-only', '-f', `${archive}.schema`, url]),
    )
    const relations = tables.map((name) => ({ schema: 'public', name }))
    await timed(times.checksumsMs, () => measureContent(workspace.session, relations))
    const { path } = await timed(times.backupMs, () =>
      takeBackup(
        {
          planName: plan.name,
          scope: { kind: 'all' },
          tables: relations,
          target: workspace.target,
          server: workspace.server,
          directory: taken,
          jobs,
          toolVersion: 'bench',
        },
        new EventStream(),
      ),
    )
    await timed(times.restoreMs, async () => {
      const restored = await cluster.createDatabase('restored')
      await run(tools.pgRestore, [`-j${jobs}`, '-d', restored, archive])
    })
    await cluster.dropDatabase('restored')
    await timed(times.drillMs, () => drill(workspace, path, new EventStream()))
  } finally {
    await workspace.session.close()
    await rm(archive, { recursive: true, force: true })
    await rm(taken, { recursive: true, force: true })
  }
}

async function timed<T>(into: number[], act: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await act()
  into.push(performance.now() - began)
  return result
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`
}
