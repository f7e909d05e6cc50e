// The main job as a story: HEAL7's mixed `public` goes into seven service schemas of the same database, with live
// traffic, by the same commands a DBA would type. Every number is measured; anything that fails ends it with 1.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { findServer } from './cluster/binaries.ts'
import { startCluster } from './cluster/cluster.ts'
import { CommandLine } from './demo/command-line.ts'
import { writeDemoPlan } from './demo/demo-plan.ts'
import { headline, quote, say, section } from './demo/screen.ts'
import { counters, oldName, tellStory } from './demo/story.ts'
import { summarise } from './demo/summary.ts'
import { count } from './demo/table.ts'
import { Traffic } from './demo/traffic.ts'
import { buildHeal7 } from './heal7/build.ts'
import { readBuiltRows } from './heal7/rows.ts'
import { counterBase } from './load/check-ledger.ts'

const exitCodes: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
const interrupted = new AbortController()
for (const [signal, code] of Object.entries(exitCodes)) {
  process.once(signal, () => {
    process.exitCode = code
    interrupted.abort(new Error(`stopped by ${signal}; cleaning up`))
  })
}

const started = Date.now()
try {
  const isRight = await demo(interrupted.signal)
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  headline(isRight, isRight ? `Done in ${seconds} s; nothing failed.` : `Something failed; see above.`)
  if (!isRight) process.exitCode = 1
} catch (error) {
  process.exitCode ??= 1
  const { signal } = interrupted
  headline(false, ((signal.aborted ? signal.reason : error) as Error).message)
}

async function demo(signal: AbortSignal): Promise<boolean> {
  section('A server, and a legacy database on it')
  const binaries = await findServer({ install: true, log: quote })
  await using cluster = await startCluster({ binaries })
  say(`PostgreSQL ${binaries.version} from ${binaries.bin}, on port ${cluster.port} until the demo ends`)
  signal.throwIfAborted()
  const url = await cluster.createDatabase('heal7')
  await buildHeal7(url)
  signal.throwIfAborted()

  const client = new Client({ connectionString: url, application_name: 'heal7 demo' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(`set timezone = 'UTC'`)
    const built = await readBuiltRows(client, oldName)
    const rows = built.reduce((sum, each) => sum + each.count, 0)
    say(`heal7: ${built.length} tables of seven services mixed in public, ${count(rows)} rows`)
    const base = await counterBase(client, counters, oldName)

    // Within the cluster's folder, so that it goes when the cluster goes, whatever happens to us.
    const folder = join(cluster.dir, 'demo')
    await mkdir(folder)
    const plan = await writeDemoPlan(folder, binaries.canDump)
    say(`the plan is plans/heal7.yaml, but: ${plan.changes.join('; ')}`)
    const migrate = new CommandLine({ plan: plan.file, folder, env: { HEAL7_DATABASE_URL: url }, signal })

    await using traffic = new Traffic(cluster.url('heal7', 'heal7_app'))
    return summarise(await tellStory({ migrate, client, traffic, built, base, signal }))
  } finally {
    await client.end().catch(() => undefined)
  }
}
