import type { Cluster } from '../scripts/cluster/cluster.ts'
import { describePlan } from '../src/engine/describe.ts'
import { openWorkspace, survey } from '../src/engine/workspace.ts'
import { parsePlan } from '../src/plan/read.ts'
import type { Benchmark } from './benchmark.ts'
import { type BenchPlan, writePlan } from './plan-file.ts'
import { buildTables, createRoles, servicesOf } from './plan-time/schema.ts'
import { milliseconds } from './report.ts'
import { growthExponent, median } from './statistics.ts'

interface Times {
  readonly tables: number
  /** The whole command, from its start to its end; and one that only says its version, which is start-up alone. */
  readonly commandMs: number[]
  readonly startUpMs: number[]
  /** In one process, without start-up: reading the plan, connecting, reading the catalogs and compiling, all with preflight. */
  readonly parseMs: number[]
  readonly connectMs: number[]
  readonly surveyMs: number[]
  readonly describeMs: number[]
}

/** How long planning takes, and how it grows. */
export const planTime: Benchmark = {
  name: 'plan-time',
  measure: async (cluster, { isQuick, tell }) => {
    await cluster.sql('postgres', createRoles)
    const results: Times[] = []
    for (const tables of [100, 300, 1_000]) {
      tell(`building ${tables} tables`)
      const plan = await prepare(cluster, tables)
      tell(`planning ${tables} tables`)
      results.push(await timePlans(plan, tables, isQuick ? 2 : ROUNDS))
      await cluster.dropDatabase(databaseOf(tables))
    }
    const exponent = (pick: (times: Times) => number[]): number =>
      growthExponent(results.map((times) => ({ size: times.tables, time: median(pick(times)) })))
    const exponents = {
      command: exponent(({ commandMs }) => commandMs),
      survey: exponent(({ surveyMs }) => surveyMs),
      describe: exponent(({ describeMs }) => describeMs),
    }
    const largest = median(results.at(-1)?.commandMs ?? [])
    return {
      title: 'Time to plan',
      notes: [
        'tables with 8 columns, 3 indexes, 3 foreign keys, a sequence and rights of 2 roles, in 10 services',
        `ms; medians of ${isQuick ? 2 : ROUNDS} runs. \`migrate plan\` is the whole command; the columns after it are the same work within one process`,
        'start-up is `migrate --version`; survey reads the catalogs and compiles the plan; planning is survey and preflight',
        'growth is the exponent of the number of tables: 1 is linear',
      ],
      tables: [
        {
          header: [
            'tables',
            '`migrate plan`',
            'start-up',
            'parse',
            'connect',
            'survey',
            'planning',
            'µs a table',
          ],
          rows: [
            ...results.map((times) => [
              times.tables.toLocaleString('en-US'),
              milliseconds(median(times.commandMs)),
              milliseconds(median(times.startUpMs)),
              milliseconds(median(times.parseMs)),
              milliseconds(median(times.connectMs)),
              milliseconds(median(times.surveyMs)),
              milliseconds(median(times.describeMs)),
              milliseconds((median(times.describeMs) * 1_000) / times.tables),
            ]),
            [
              'growth',
              exponents.command.toFixed(2),
              '–',
              '–',
              '–',
              exponents.survey.toFixed(2),
              exponents.describe.toFixed(2),
              '–',
            ],
          ],
        },
      ],
      aims: [
        {
          what: '`migrate plan` of 1,000 tables',
          aim: 'under 3 s',
          found: `${(largest / 1_000).toFixed(2)} s`,
          isMet: largest < 3_000,
        },
        {
          what: 'growth of planning with the number of tables',
          aim: 'linear (exponent at most 1.1)',
          found: exponents.describe.toFixed(2),
          isMet: exponents.describe <= 1.1,
        },
      ],
      raw: { exponents, results },
    }
  },
}

async function prepare(cluster: Cluster, tables: number): Promise<BenchPlan> {
  const database = databaseOf(tables)
  await cluster.createDatabase(database)
  for (const piece of buildTables(tables)) await cluster.sql(database, piece)
  await cluster.sql(database, 'vacuum analyze')
  return writePlan(cluster, database, servicesOf(tables))
}

async function timePlans({ migrate, file, text }: BenchPlan, tables: number, rounds: number): Promise<Times> {
  const times: Times = {
    tables,
    commandMs: [],
    startUpMs: [],
    parseMs: [],
    connectMs: [],
    surveyMs: [],
    describeMs: [],
  }
  for (let round = 0; round < rounds; round++) {
    await timed(times.startUpMs, () => migrate.run('--version'))
    await timed(times.commandMs, () => migrate.run('plan'))
    const plan = await timed(times.parseMs, () => Promise.resolve(parsePlan(file, text, {})))
    const workspace = await timed(times.connectMs, () => openWorkspace(plan, 'bench'))
    try {
      await timed(times.surveyMs, () => survey(workspace))
    } finally {
      await workspace.session.close()
    }
    // A session of its own: the server keeps catalog entries in each session, and a command begins with none.
    const another = await openWorkspace(plan, 'bench')
    try {
      await timed(times.describeMs, () => describePlan(another))
    } finally {
      await another.session.close()
    }
  }
  return times
}

async function timed<T>(into: number[], act: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await act()
  into.push(performance.now() - began)
  return result
}

const databaseOf = (tables: number): string => `plan_${tables}`
const ROUNDS = 7
