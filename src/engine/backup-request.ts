import type { BackupRequest } from '../backup/request.ts'
import type { BackupScope } from '../backup/scope.ts'
import type { TableFacts } from '../survey/facts.ts'
import { toolVersion } from '../version.ts'
import type { Workspace } from './workspace.ts'

/** A backup of tables from where they are now, as the plan wants backups to be. */
export function backupRequest(
  { plan, target, server }: Workspace,
  scope: BackupScope,
  tables: readonly TableFacts[],
): BackupRequest {
  return {
    planName: plan.name,
    scope,
    tables: tables.map(({ live }) => ({ schema: live.schema, name: live.name })),
    target,
    server,
    directory: plan.defaults.backupDir,
    jobs: plan.defaults.backupJobs,
    toolVersion,
    keyCommand: plan.backups.keyCommand,
  }
}
