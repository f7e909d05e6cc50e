import { execFile } from 'node:child_process'
import { chown, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serverAccount } from '../../scripts/cluster/account.ts'
import { hasPrograms } from '../../scripts/cluster/programs.ts'
import { connect } from '../support/client.ts'
import type { Cluster } from '../support/cluster.ts'

/** Copies a running server's data, ready to be started as its standby. */
export async function baseBackup(cluster: Cluster, data: string): Promise<void> {
  const { bin } = cluster.binaries
  if (!(await hasPrograms(bin, ['pg_basebackup']))) return copyFiles(cluster, data)
  const copy = ['-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-d', cluster.url()]
  await asServer(cluster, join(bin, 'pg_basebackup'), copy)
}

/** What pg_basebackup does, for servers that come without it (manual, chapter 26.3.3). */
async function copyFiles(cluster: Cluster, data: string): Promise<void> {
  await using client = await connect(cluster.url())
  const [start, stop] =
    cluster.major < 15
      ? [`pg_start_backup('standby', true, false)`, 'pg_stop_backup(false, false)']
      : [`pg_backup_start('standby', true)`, 'pg_backup_stop(false)']
  await client.query(`select ${start}`)
  await asServer(cluster, 'cp', ['-R', join(cluster.dir, 'data'), data])
  const label = await client.value<string>(`select labelfile from ${stop}`)
  await rm(join(data, 'postmaster.pid'))
  const files = {
    backup_label: label,
    'standby.signal': '',
    'postgresql.auto.conf': `primary_conninfo = '${cluster.url()}'\n`,
  }
  const account = await serverAccount()
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(data, name), text)
    if (account !== undefined) await chown(join(data, name), account.uid, account.gid)
  }
}

async function asServer(cluster: Cluster, program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { ...(await serverAccount()), cwd: cluster.dir })
}
