import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addPlan(program: Command, signal: AbortSignal): void {
  program
    .command('plan')
    .description('show what would be done: phases, steps, locks, stalls, undo, and what speaks against it')
    .option('--sql', 'with every statement')
    .option(
      '--statements <file>',
      'look for statements that would break in this file of SQL, not in pg_stat_statements',
    )
    .option('--exit-code', 'exit with 10 when phases are pending')
    .action(lazily(signal, () => import('../work/plan.ts')))
}
