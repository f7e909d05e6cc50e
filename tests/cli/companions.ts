import type { ChildProcess } from 'node:child_process'
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { serverAccount } from '../../scripts/cluster/account.ts'
import { freePort } from '../../scripts/cluster/data-folder.ts'
import { findProgram } from '../../scripts/cluster/programs.ts'
import { end, spawnAsServer } from '../../scripts/cluster/server.ts'
import type { Cluster } from '../support/cluster.ts'
import { until } from '../support/process.ts'
import { baseBackup } from './base-backup.ts'

/** A program that belongs to a cluster and ends with the test. */
export interface Companion extends AsyncDisposable {
  readonly port: number
  url(database: string): string
}

/** A hot standby of a cluster. */
export async function startStandby(cluster: Cluster): Promise<Companion> {
  const { bin } = cluster.binaries
  const data = join(cluster.dir, 'standby')
  await baseBackup(cluster, data)
  const port = await freePort()
  const log = join(cluster.dir, 'standby.log')
  return companion(cluster, port, 'postgres', () =>
    spawnAsServer(cluster.dir, log, join(bin, 'postgres'), [
      '-D',
      data,
      '-c',
      `port=${port}`,
      '-c',
      'unix_socket_directories=',
    ]),
  )
}

/** A pgbouncer before a database, with a name of it for each pool mode; nothing where it is not installed. */
export async function startPooler(cluster: Cluster, database: string): Promise<Companion | undefined> {
  const program = await findProgram('pgbouncer')
  if (program === undefined) return undefined
  const port = await freePort()
  // An empty password would take the next setting for its value.
  const secret = cluster.password === undefined ? '' : `password=${cluster.password}`
  const target = `host=127.0.0.1 port=${cluster.port} dbname=${database} user=${cluster.superuser} ${secret}`
  const settings = `[databases]
by_session = ${target} pool_mode=session
by_transaction = ${target} pool_mode=transaction
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
admin_users = ${cluster.superuser}
stats_users = watcher
ignore_startup_parameters = extra_float_digits
`
  const file = join(cluster.dir, 'pgbouncer.ini')
  await writeFile(file, settings)
  const account = await serverAccount()
  if (account !== undefined) await chown(file, account.uid, account.gid)
  return companion(cluster, port, 'by_session', () =>
    spawnAsServer(cluster.dir, join(cluster.dir, 'pgbouncer.log'), program, [file]),
  )
}

async function companion(
  cluster: Cluster,
  port: number,
  database: string,
  start: () => Promise<ChildProcess>,
): Promise<Companion> {
  const child = await start()
  const url = (name: string): string => {
    const address = new URL(cluster.url(name))
    address.port = String(port)
    return address.href
  }
  const stop = (): Promise<void> => end(child, 'SIGINT')
  try {
    await until(() => answers(url(database)), 20_000, `an answer at port ${port}`)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, url, [Symbol.asyncDispose]: stop }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
