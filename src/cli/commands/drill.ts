import type { Command } from 'commander'
import { listBackups } from '../../backup/manifest.ts'
import { drill } from '../../engine/drill.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { Plan } from '../../plan/plan.ts'
import { commandContext } from '../context.ts'
import { renderDrill } from '../render/backups.ts'

export function addDrill(program: Command, signal: AbortSignal): void {
  program
    .command('drill [folder]')
    .description(
      'restore a backup, by default the newest, into a scratch database, compare it with its manifest, drop it',
    )
    .option(
      '--scratch <url>',
      'an empty database, here or elsewhere, instead of one that is made and dropped',
    )
    .action(async (folder: string | undefined, options: { scratch?: string }, command: Command) => {
      const context = commandContext(command, signal)
      const plan = await context.plan()
      const path = folder ?? (await newestBackup(plan))
      const workspace = await openWorkspace(plan, 'drill', context.events)
      try {
        const scratch = options.scratch === undefined ? undefined : { alias: 'scratch', url: options.scratch }
        const outcome = await drill(workspace, path, context.events, { scratch, signal })
        context.result(renderDrill(outcome), outcome)
        if (!outcome.ok) process.exitCode = exitCodes.difference
      } finally {
        await workspace.session.close()
      }
    })
}

async function newestBackup(plan: Plan): Promise<string> {
  const { backups } = await listBackups(plan.defaults.backupDir, plan.name)
  const [newest] = backups
  if (newest !== undefined) return newest.path
  throw new MigrateError('usage-invalid', `there is no backup in ${plan.defaults.backupDir}/${plan.name}`, {
    next: ['migrate backup take'],
  })
}
