import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addAdopt(program: Command, signal: AbortSignal): void {
  program
    .command('adopt')
    .description(
      'in a copy of a database: take over the run that its journal tells of, once everything is found to be as it says',
    )
    .option('--dry-run', 'only look whether it can be taken over, and what the copy lacks')
    .action(lazily(signal, () => import('../work/adopt.ts')))
}
