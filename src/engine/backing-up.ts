import { takeBackup } from '../backup/dump.ts'
import { backupRequest } from './backup-request.ts'
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
  const scope = { kind: 'phase', number: phase.number, name: phase.name } as const
  const backup = await takeBackup(backupRequest(work, scope, wanted), work.events, work.signal)
  return { path: backup.path }
}
