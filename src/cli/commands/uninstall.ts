import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addUninstall(program: Command, signal: AbortSignal): void {
  program
    .command('uninstall')
    .description('remove the journal from the database; refused while a run stands')
    .option('--forget', 'in a copy of the database: also a journal that speaks of another one')
    .action(lazily(signal, () => import('../work/uninstall.ts')))
}
