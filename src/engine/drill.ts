import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import type { EventStream } from '../events/stream.ts'
import { recordDrill } from '../journal/drills.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { checkEmpty } from '../restore/empty.ts'
import { differences, restoreInto, soundBackup, type RestoredTable } from '../restore/restored.ts'
import { openScratch } from '../restore/scratch.ts'
import type { Workspace } from './workspace.ts'

export interface DrillOutcome {
  readonly path: string
  readonly ok: boolean
  readonly tables: readonly RestoredTable[]
  /** False where there is no journal to note it in. */
  readonly isRecorded: boolean
}

/** What of a backup’s own makes a drill fail, and not merely hinders it. */
const failures: ReadonlySet<string> = new Set(['backup-corrupt', 'command-failed'])

/**
 * Restores a backup into a database that is dropped afterwards and compares every table with the manifest. The
 * outcome goes into the journal, also that of a backup that cannot be restored.
 * @throws MigrateError `backup-corrupt`, `command-failed`, and whatever hinders a drill
 */
export async function drill(
  workspace: Workspace,
  path: string,
  events: EventStream,
  options: { readonly scratch?: DatabaseTarget | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<DrillOutcome> {
  const { plan, session } = workspace
  try {
    const tables = await restoreForDrill(workspace, path, events, options)
    const detail = differences(tables)
    const outcome = { ok: detail.length === 0, tables: tables.length, detail }
    const isRecorded = await recordDrill(session, plan.name, path, outcome)
    return { path, ok: outcome.ok, tables, isRecorded }
  } catch (error) {
    if (isMigrateError(error) && failures.has(error.code)) {
      const detail = [error.message, ...error.detail]
      await recordDrill(session, plan.name, path, { ok: false, tables: 0, detail })
    }
    throw error
  }
}

async function restoreForDrill(
  { plan, target, server }: Workspace,
  path: string,
  events: EventStream,
  {
    scratch: named,
    signal,
  }: { readonly scratch?: DatabaseTarget | undefined; readonly signal?: AbortSignal | undefined },
): Promise<RestoredTable[]> {
  const backup = await soundBackup(path)
  const { backupJobs: jobs } = plan.defaults
  const request = { backup, server, plan: plan.name, jobs, keyCommand: plan.backups.keyCommand }
  if (named !== undefined) {
    await checkEmpty(named)
    return restoreInto(named, request, events, signal)
  }
  await using scratch = await openScratch(target, server, plan.name)
  return await restoreInto(scratch.target, request, events, signal)
}

/** A drill that found differences, for whoever needs it to have passed. */
export function drillFailure({ path, tables }: DrillOutcome): MigrateError {
  return new MigrateError('backup-mismatch', `the backup ${path} does not restore to what was backed up`, {
    detail: differences(tables),
    next: ['migrate backup take        takes another one', `migrate drill ${path}`],
  })
}
