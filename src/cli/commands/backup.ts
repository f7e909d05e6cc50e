import type { Command } from 'commander'
import { listBackups, readBackup } from '../../backup/manifest.ts'
import { verifyBackup } from '../../backup/verify.ts'
import { exitCodes } from '../../errors/codes.ts'
import { commandContext } from '../context.ts'
import { table } from '../render/table.ts'

export function addBackup(program: Command, signal: AbortSignal): void {
  const backup = program.command('backup').description('look at the backups that phases have taken')
  backup
    .command('list')
    .description('the backups of the plan, newest first')
    .action(async (_options: object, command: Command) => {
      const context = commandContext(command, signal)
      const plan = await context.plan()
      const { backups, unreadable } = await listBackups(plan.defaults.backupDir, plan.name)
      const rows = backups.map(({ path, manifest }) => [
        path,
        `phase ${manifest.phase}`,
        `${manifest.tables.length} tables`,
        `${manifest.tables.reduce((sum, { rows: count }) => sum + count, 0)} rows`,
      ])
      context.result(rows.length === 0 ? 'no backups' : table(rows, ''), { backups, unreadable })
    })
  backup
    .command('verify <folder>')
    .description('compare the files of a backup with its manifest')
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
  for (const command of backup.commands) command.exitOverride()
}
