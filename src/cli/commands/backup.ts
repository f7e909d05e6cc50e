import type { Command } from 'commander'
import { basename } from 'node:path'
import { listBackups, readBackup } from '../../backup/manifest.ts'
import { verifyBackup } from '../../backup/verify.ts'
import { exitCodes } from '../../errors/codes.ts'
import { isMigrateError } from '../../errors/migrate-error.ts'
import { readDrills, type Drill } from '../../journal/drills.ts'
import { Session } from '../../pg/session.ts'
import type { Plan } from '../../plan/plan.ts'
import { commandContext, type CommandContext } from '../context.ts'
import { renderBackups } from '../render/backups.ts'
import { addDecrypt, addPrune, addTake } from './backup-change.ts'

export function addBackup(program: Command, signal: AbortSignal): void {
  const backup = program.command('backup').description('take, list, verify and prune backups')
  addTake(backup, signal)
  backup
    .command('list')
    .description('the backups of the plan, newest first, with the last drill of each')
    .action(async (_options: object, command: Command) => {
      const context = commandContext(command, signal)
      const plan = await context.plan()
      const { backups, unreadable } = await listBackups(plan.defaults.backupDir, plan.name)
      const drills = backups.length === 0 ? new Map<string, Drill>() : await knownDrills(context, plan)
      const listed = backups.map((it) => ({
        ...it,
        drill: drills === undefined ? undefined : (drills.get(basename(it.path)) ?? null),
      }))
      context.result(renderBackups(listed, unreadable), { backups: listed, unreadable })
    })
  backup
    .command('verify <folder>')
    .description('compare the files of a backup with its manifest; needs neither database nor key')
    .action(async (folder: string, _options: object, command: Command) => {
      const context = commandContext(command, signal)
      const { manifest } = await readBackup(folder)
      const problems = await verifyBackup(folder)
      const text =
        problems.length === 0
          ? `${manifest.files.length} files are as the manifest says`
          : problems.map(({ sentence }) => sentence).join('\n')
      context.result(text, { ok: problems.length === 0, problems })
      if (problems.length > 0) process.exitCode = exitCodes.difference
    })
  addPrune(backup, signal)
  addDecrypt(backup, signal)
  for (const command of backup.commands) command.exitOverride()
}

/** Backups are listed also where the database cannot be reached, which may be why one is looked for. */
async function knownDrills({ events }: CommandContext, plan: Plan): Promise<Map<string, Drill> | undefined> {
  const alias = plan.services[0]!.database
  try {
    await using session = await Session.connect(
      { alias, url: plan.databases[alias]!.url },
      `migrate/${plan.name}/list`,
    )
    return await readDrills(session, plan.name)
  } catch (error) {
    if (!isMigrateError(error)) throw error
    events.emit({ type: 'notice', level: 'warning', text: `drills are not known: ${error.message}` })
    return undefined
  }
}
