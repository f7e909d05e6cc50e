import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addUninstall(program: Command, signal: AbortSignal): void {
  program
    .command('uninstall')
    .description('remove the journal from the database; refused while a run stands')
    .option(
      '--forget',
      'in a copy of the database, or without the journal: everything the tool has made; tables stay where they are',
    )
    .option('--dry-run', 'with --forget: only say what would be removed and what would be left')
    .action(lazily(signal, () => import('../work/uninstall.ts')))
}
