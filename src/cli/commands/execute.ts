import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addExecute(program: Command, signal: AbortSignal): void {
  program
    .command('execute')
    .description('do one phase, all up to one, or all of them; what is done already is left alone')
    .option('--phase <number>', 'this phase')
    .option('--to <number>', 'every phase up to this one')
    .option('--all', 'every phase, contract included')
    .option('--dry-run', 'print exactly the actions and change nothing')
    .action(lazily(signal, () => import('../work/execute.ts')))
}
