import { once } from 'node:events'
import { chown, cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serverAccount } from '../cluster/account.ts'
import { startCluster, type Cluster } from '../cluster/cluster.ts'
import { hasEnded, spawnAsServer } from '../cluster/server.ts'
import type { Suite } from './source.ts'

/** What the suite printed, by the name of its files. */
export type Results = ReadonlyMap<string, string>

export interface Run {
  readonly results: Results
  /** What the server wrote to its log. */
  readonly log: string
}

/**
 * Runs the suite, or what was made of it, on a server of its own.
 * @param use is given the server before it goes away, with the suite's database `regression` as it was left
 */
export async function runSuite(
  suite: Suite,
  scripts: string,
  use: (cluster: Cluster) => Promise<void> = async () => {},
): Promise<Run> {
  await using cluster = await startCluster({
    settings: {
      shared_preload_libraries: join(suite.libraries, 'made_names'),
      // Who made it is the name of a script.
      log_line_prefix: '[%a] ',
      fsync: 'off',
      shared_buffers: '128MB',
      max_connections: '100',
      autovacuum: 'on',
      max_prepared_transactions: '2',
    },
  })
  const folder = join(cluster.dir, 'regress')
  await copyFor(scripts, folder)
  const args = [
    ...['--host=127.0.0.1', `--port=${cluster.port}`, '--user=postgres'],
    ...[`--dlpath=${suite.libraries}`, `--bindir=${suite.server.bin}`, '--max-concurrent-tests=20'],
    ...[`--inputdir=${folder}`, `--outputdir=${folder}`, `--schedule=${join(folder, 'parallel_schedule')}`],
    ...['--no-locale', '--encoding=UTF8'],
  ]
  const output = join(folder, 'output')
  const child = await spawnAsServer(folder, output, suite.program, args)
  if (!hasEnded(child)) await once(child, 'exit')
  const results = await readResults(join(folder, 'results'))
  if (results.size === 0)
    throw new Error(`the suite did not run:\n${await readFile(output, 'utf8').catch(() => 'no output')}`)
  await use(cluster)
  return { results, log: await readFile(join(cluster.dir, 'server.log'), 'utf8') }
}

async function copyFor(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true })
  await mkdir(join(to, 'results'), { recursive: true })
  const account = await serverAccount()
  if (account === undefined) return
  for (const entry of ['', ...(await readdir(to, { recursive: true }))])
    await chown(join(to, entry), account.uid, account.gid)
}

async function readResults(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.out')).sort()
  const read = async (file: string): Promise<[string, string]> => [
    file.slice(0, -4),
    // Some print bytes that are no UTF-8.
    await readFile(join(folder, file), 'latin1'),
  ]
  return new Map(await Promise.all(files.map(read)))
}
