import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addRollback(program: Command, signal: AbortSignal): void {
  program
    .command('rollback')
    .description('undo one phase, or everything after one; what was written meanwhile is kept')
    .option('--phase <number>', 'this phase; refused while a later one stands')
    .option('--to <number>', 'everything after this phase; 0 is everything')
    .action(lazily(signal, () => import('../work/rollback.ts')))
}
