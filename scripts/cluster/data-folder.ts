import { once } from 'node:events'
import { appendFile, chown, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isReachable, serverAccount } from './account.ts'
import type { ServerBinaries } from './binaries.ts'
import { spawnAsServer, tail } from './server.ts'
import type { Watchdog } from './watchdog.ts'

/** The folder of a cluster: `data` and the log in it, guarded unless it is to be kept. */
export interface DataFolder {
  readonly dir: string
  readonly data: string
  readonly log: string
  readonly watchdog: Watchdog | undefined
}

/** Makes a temporary folder and runs initdb in it. The watchdog starts first, so a kill during initdb is covered. */
export async function initialise(options: {
  readonly binaries: ServerBinaries
  readonly auth: 'trust' | 'scram-sha-256'
  readonly password: string | undefined
  readonly watch: ((dir: string) => Watchdog) | undefined
}): Promise<DataFolder> {
  const base = await realpath((await isReachable(tmpdir())) ? tmpdir() : '/tmp')
  const dir = await mkdtemp(join(base, 'pg-relocate-'))
  const watchdog = options.watch?.(dir)
  const folder = { dir, data: join(dir, 'data'), log: join(dir, 'server.log'), watchdog }
  try {
    await give(dir)
    await initdb(options.binaries.bin, folder, options.auth, options.password)
    return folder
  } catch (error) {
    await watchdog?.release()
    await rm(dir, { recursive: true, force: true })
    throw error
  }
}

/** Writes the settings of a cluster; may be repeated with another port. */
export async function writeSettings(
  folder: DataFolder,
  port: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  // A socket path has 107 bytes, less on macOS, whose temporary folders are long; TCP is enough then.
  const sockets = Buffer.byteLength(folder.dir) + '/.s.PGSQL.65535.lock'.length <= 100 ? folder.dir : ''
  const all = { ...SETTINGS, unix_socket_directories: sockets, ...settings, port: String(port) }
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
  const path = join(folder.data, 'cluster.conf')
  await writeFile(path, lines.join(''))
  await give(path)
}

/** A port that is free now. Outside the ranges for outgoing connections, so that it is still free after a restart. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const probe = createServer().listen({ port, host: '127.0.0.1', exclusive: true })
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
}

async function initdb(
  bin: string,
  folder: DataFolder,
  auth: string,
  password: string | undefined,
): Promise<void> {
  const { dir, data, log, watchdog } = folder
  const args = ['-D', data, '-U', 'postgres', '--encoding=UTF8', '--locale=C', '--no-sync', `--auth=${auth}`]
  const secret = join(dir, 'password')
  if (password !== undefined) {
    await writeFile(secret, `${password}\n`, { mode: 0o600 })
    await give(secret)
    args.push(`--pwfile=${secret}`)
  }
  const child = await spawnAsServer(dir, log, join(bin, 'initdb'), args)
  if (child.pid) watchdog?.guard(child.pid)
  const [code] = (await once(child, 'exit')) as [number | null]
  watchdog?.guard(0)
  await rm(secret, { force: true })
  if (code !== 0) throw new Error(`initdb failed:\n${tail(await readFile(log, 'utf8'))}`)
  await appendFile(join(data, 'postgresql.conf'), "include 'cluster.conf'\n")
}

/** Hands a file or folder to the account that runs the server. */
async function give(path: string): Promise<void> {
  const account = await serverAccount()
  if (account) await chown(path, account.uid, account.gid)
}

/** Enough of everything for replication tests and load with hundreds of sessions; not durable on purpose. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  // Left on: commits must wait and be visible just as in production; without fsync it costs nothing.
  synchronous_commit: 'on',
  wal_level: 'logical',
  max_wal_senders: '32',
  max_replication_slots: '32',
  max_worker_processes: '32',
  max_logical_replication_workers: '16',
  max_connections: '300',
  max_prepared_transactions: '10',
  max_locks_per_transaction: '1024',
  shared_buffers: '256MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%u@%d %a ',
}
