import { takeBackup } from '../backup/dump.ts'
import { toolVersion } from '../version.ts'
import type { PlacedStep } from './placed.ts'
import type { Work } from './work.ts'

/** Dumps tables from where they are now; the folder goes into the step’s record. */
export async function backUp(
  work: Work,
  { phase }: PlacedStep,
  relations: readonly number[],
): Promise<{ path: string }> {
  const { tables } = await work.refresh()
  const wanted = tables.filter(({ relation }) => relations.includes(relation))
  const { plan, target, server, events, signal } = work
  const backup = await takeBackup(
    {
      planName: plan.name,
      scope: { kind: 'phase', number: phase.number, name: phase.name },
      tables: wanted.map(({ live }) => ({ schema: live.schema, name: live.name })),
      target,
      server,
      directory: plan.defaults.backupDir,
      jobs: plan.defaults.backupJobs,
      toolVersion,
      keyCommand: plan.backups.keyCommand,
    },
    events,
    signal,
  )
  return { path: backup.path }
}
