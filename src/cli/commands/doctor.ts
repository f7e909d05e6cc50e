import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addDoctor(program: Command, signal: AbortSignal): void {
  program
    .command('doctor')
    .description(
      'look for everything that speaks against the plan, or against moving a whole schema; changes nothing',
    )
    .option(
      '--database <variable>',
      'without a plan: name of the environment variable that holds the connection string',
    )
    .option('--schema <name>', 'with --database: the schema whose tables would move', 'public')
    .option('--target <name>', 'with --database: the schema they would go to', 'moved_tables')
    .action(lazily(signal, () => import('../work/doctor.ts')))
}
