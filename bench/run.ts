// Measures what a move costs, beside what else one could do, on throwaway servers. Prints Markdown, keeps all raw
// numbers in bench/results/. Asserts nothing: it ends with 1 only when something could not be measured.
import { mkdir, writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findServer } from '../scripts/cluster/binaries.ts'
import { startCluster } from '../scripts/cluster/cluster.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { backup } from './backup.ts'
import { buildCommand } from './build.ts'
import { checksum } from './checksum.ts'
import { describeMachine, readSettings } from './machine.ts'
import { moveTime } from './move-time.ts'
import { planTime } from './plan-time.ts'
import { renderMeasurement } from './report.ts'
import { rewriter } from './rewriter.ts'
import { switchWait } from './switch-wait.ts'
import { viewOverhead } from './view-overhead.ts'

const benchmarks: readonly Benchmark[] = [
  switchWait,
  planTime,
  moveTime,
  viewOverhead,
  checksum,
  backup,
  rewriter,
]
const usage = `usage: npm run bench -- [--quick] [${benchmarks.map(({ name }) => name).join('|')}]…`
const tell = (line: string): void => console.error(line)
const results = fileURLToPath(new URL('./results/', import.meta.url))

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  })
  const unknown = positionals.find((name) => !benchmarks.some((each) => each.name === name))
  if (unknown !== undefined) throw new TypeError(`there is no benchmark ${unknown}`)
  if (values.help) console.log(usage)
  else
    await run(
      benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
      values.quick,
    )
} catch (error) {
  process.exitCode = error instanceof TypeError ? 2 : 1
  console.error(error instanceof TypeError ? `${error.message}\n${usage}` : error)
}

async function run(chosen: readonly Benchmark[], isQuick: boolean): Promise<void> {
  const began = new Date()
  const machine = describeMachine()
  await buildCommand(tell)
  const binaries = await findServer({ install: true, log: tell })
  console.log(`# Benchmarks, ${began.toISOString().slice(0, 10)}, PostgreSQL ${binaries.version}\n`)
  console.log(
    `${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, Node ${machine.node}, ` +
      `load before ${machine.loadBefore.toFixed(1)}${isQuick ? '; quick run, the numbers mean little' : ''}\n`,
  )
  let settings: Record<string, string> = {}
  const measurements: Record<string, Pick<Measurement, 'aims' | 'raw'>> = {}
  for (const { name, measure } of chosen) {
    // A server of its own for each, so that none inherits the other's cache, bloat or autovacuum.
    await using cluster = await startCluster({ binaries })
    settings = await readSettings(cluster)
    const measurement = await measure(cluster, { isQuick, tell: (line) => tell(`${name}: ${line}`) })
    console.log(`${renderMeasurement(measurement)}\n`)
    measurements[name] = { aims: measurement.aims, raw: measurement.raw }
  }
  const seconds = Math.round((Date.now() - began.getTime()) / 1000)
  const file = await keep(began, binaries.major, {
    began: began.toISOString(),
    seconds,
    isQuick,
    machine,
    postgres: { version: binaries.version, settings },
    measurements,
  })
  console.log(`${seconds} s; all numbers are in ${file}`)
}

async function keep(began: Date, major: number, result: object): Promise<string> {
  await mkdir(results, { recursive: true })
  // Colons are not for file names everywhere.
  const date = began.toISOString().slice(0, 19).replaceAll(':', '')
  const file = `${results}${date}Z-pg${major}.json`
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
  return relative(process.cwd(), file)
}
