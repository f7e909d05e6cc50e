import { basename } from 'node:path'
import { manifestSumName } from '../backup/files.ts'
import { isDumping } from '../backup/dumpers.ts'
import { removeAbandoned, removeBackup, removeRemains } from '../backup/folder.ts'
import { listBackups } from '../backup/manifest.ts'
import { judge, type Retention, type Verdict } from '../backup/retention.ts'
import { verifyBackup } from '../backup/verify.ts'
import { journalSchema } from '../catalog/names.ts'
import { readDrills } from '../journal/drills.ts'
import { readJournalState } from '../journal/install.ts'
import type { Workspace } from './workspace.ts'

/** What was removed, or would be, and what stays although it is beyond a limit. */
export interface Pruned {
  readonly verdicts: readonly Verdict[]
  /** Folders that are no backups, as far as can be seen; they are never removed. */
  readonly unreadable: readonly string[]
}

/** Removes backups of the plan that are beyond the limits. */
export async function prune(
  { plan, server, session }: Workspace,
  retention: Retention,
  isDryRun: boolean,
): Promise<Pruned> {
  const directory = plan.defaults.backupDir
  const { backups, unreadable } = await listBackups(directory, plan.name)
  const needed = await neededBackups({ plan, session })
  const drills = await readDrills(session, plan.name)
  const verdicts = await judge(backups, retention, {
    now: new Date(),
    needed,
    isGood: async ({ path }) =>
      // Backups of former versions have no sum of their manifest, and are all that there is.
      (await verifyBackup(path)).every(
        ({ path: file, kind }) => kind === 'missing' && file === manifestSumName,
      ),
    drilled: ({ path }) => drills.get(basename(path))?.ok,
  })
  if (!isDryRun) {
    await removeRemains(directory, plan.name)
    await removeAbandoned(directory, plan.name, server.systemIdentifier, (token) => isDumping(session, token))
    for (const { backup, isRemoved } of verdicts) if (isRemoved) await removeBackup(backup.path)
  }
  return { verdicts, unreadable }
}

/** The backups that steps of a run that stands have taken: its way back may come to need them. */
async function neededBackups({ plan, session }: Pick<Workspace, 'plan' | 'session'>): Promise<Set<string>> {
  if ((await readJournalState(session)) === 'missing') return new Set()
  const rows = await session.query<{ path: string }>(
    `select s.record->>'path' as path
       from ${journalSchema}.steps s join ${journalSchema}.runs r on r.id = s.run
      where r.plan = $1 and r.state = 'active' and s.kind = 'take-backup' and s.record->>'path' is not null`,
    [plan.name],
  )
  return new Set(rows.map(({ path }) => basename(path)))
}
