import { basename } from 'node:path'
import { isOfDatabase, listBackups, type Backup } from '../backup/manifest.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { readDrills } from '../journal/drills.ts'
import type { ServerFacts } from '../pg/server.ts'
import { soundBackup } from '../restore/restored.ts'
import { drill, drillFailure } from './drill.ts'
import type { Work } from './work.ts'

/**
 * Lets the phase go on only with a backup of its tables that was seen to restore: the newest one that holds them all.
 * One that has passed before need not be restored again.
 * @throws MigrateError `backup-mismatch` when there is none or it does not restore; what a drill throws
 */
export async function proveBackup(work: Work, relations: readonly number[]): Promise<void> {
  const { plan, server, session, events, signal } = work
  const { backups } = await listBackups(plan.defaults.backupDir, plan.name)
  const newest = backups.find((backup) => covers(backup, server, relations))
  if (newest === undefined) {
    throw new MigrateError('backup-mismatch', 'no backup holds all tables of this phase', {
      detail: [`looked into ${plan.defaults.backupDir}/${plan.name}`],
      next: ['migrate backup take', 'then run the same command again'],
    })
  }
  const last = (await readDrills(session, plan.name)).get(basename(newest.path))
  if (last?.ok === true) {
    // What was good then may have been damaged since.
    await soundBackup(newest.path)
    return
  }
  const outcome = await drill(work, newest.path, events, { signal })
  if (!outcome.ok) throw drillFailure(outcome)
}

function covers({ manifest }: Backup, server: ServerFacts, relations: readonly number[]): boolean {
  const held = new Set(manifest.tables.map(({ oid }) => oid))
  return isOfDatabase(manifest, server) && relations.every((relation) => held.has(relation))
}
