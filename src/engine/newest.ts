import { isOfDatabase, listBackups, type Backup } from '../backup/manifest.ts'
import { scopeLabel } from '../backup/scope.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import type { Workspace } from './workspace.ts'

/** Which of the backups of this database: the newest of all, of one service, or of each scope. */
export interface Choice {
  readonly service?: string | undefined
  readonly all?: boolean | undefined
}

/**
 * The folders of the newest backups of this database; those of another one under the same name are not looked at.
 * @throws MigrateError `usage-invalid` when there is none
 */
export async function newestBackups(
  { plan, server }: Pick<Workspace, 'plan' | 'server'>,
  { service, all }: Choice = {},
): Promise<string[]> {
  const directory = plan.defaults.backupDir
  const { backups } = await listBackups(directory, plan.name)
  const own = backups.filter(
    ({ manifest }) =>
      isOfDatabase(manifest, server) &&
      (service === undefined || (manifest.scope.kind === 'service' && manifest.scope.service === service)),
  )
  const found = all === true ? newestOfEach(own) : own.slice(0, 1)
  if (found.length > 0) return found.map(({ path }) => path)
  const of = service === undefined ? '' : ` of service "${service}"`
  throw new MigrateError(
    'usage-invalid',
    `there is no backup${of} of database "${server.database}" in ${directory}/${plan.name}`,
    {
      detail: backups.length === 0 ? [] : [`${backups.length} others are there: migrate backup list`],
      next: [`migrate backup take${service === undefined ? '' : ` --service ${service}`}`],
    },
  )
}

function newestOfEach(backups: readonly Backup[]): Backup[] {
  const newest = new Map<string, Backup>()
  for (const backup of backups) {
    const label = scopeLabel(backup.manifest.scope)
    if (!newest.has(label)) newest.set(label, backup)
  }
  return [...newest.values()]
}
