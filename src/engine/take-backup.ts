import { takeBackup } from '../backup/dump.ts'
import { explained } from '../backup/failure.ts'
import type { Backup } from '../backup/manifest.ts'
import type { BackupScope } from '../backup/scope.ts'
import { isView } from '../catalog/relations.ts'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import type { EventStream } from '../events/stream.ts'
import type { TableFacts } from '../survey/facts.ts'
import { backupRequest } from './backup-request.ts'
import { survey, type Workspace } from './workspace.ts'

/** A switch may move the tables between the look and the locks: then they are looked for again. */
const attempts = 3

/**
 * Takes a backup by itself, beside whatever runs: it holds no lease and changes nothing in the database.
 * @throws MigrateError what `takeBackup` throws; `table-not-found` when the scope has no tables
 */
export async function takeScheduled(
  workspace: Workspace,
  scope: BackupScope,
  events: EventStream,
  signal?: AbortSignal,
): Promise<Backup> {
  for (let attempt = 1; ; attempt++) {
    try {
      const request = backupRequest(workspace, scope, await tablesOf(workspace, scope))
      return await takeBackup({ ...request, isScheduled: true }, events, signal)
    } catch (error) {
      const failure = explained(error, workspace.target)
      if (!isMigrateError(failure) || failure.code !== 'table-not-found' || attempt === attempts)
        throw failure
    }
  }
}

async function tablesOf(workspace: Workspace, scope: BackupScope): Promise<TableFacts[]> {
  const { facts, phases } = await survey(workspace)
  const phase = scope.kind === 'phase' ? phases.find(({ number }) => number === scope.number) : undefined
  const services = scope.kind === 'service' ? [scope.service] : phase?.services
  const tables = facts.tables.filter(
    ({ service, live }) => !isView(live) && (services?.includes(service) ?? true),
  )
  if (tables.length > 0) return tables
  throw new MigrateError('table-not-found', 'there are no tables to back up', {
    detail: ['views, functions and types have no rows'],
    next: ['migrate plan        tells what the plan moves'],
  })
}
