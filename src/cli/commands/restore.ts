import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addRestore(program: Command, signal: AbortSignal): void {
  program
    .command('restore [source]')
    .description(
      'put tables back as a backup or a plain .sql dump has them: beside first, verified, then in place; old rows are kept',
    )
    .option('--service <name>', 'only the tables of this service')
    .option('--table <names>', 'only these tables, comma-separated')
    .option('--dry-run', 'only say what would be lost')
    .option('--to-database <name>', 'into a new database of that name, and stop there')
    .option(
      '--scratch <database>',
      'restore first into this empty database (an alias, or the environment variable with its connection string), instead of one that is made and dropped',
    )
    .option('--list', 'the restores whose old rows are kept')
    .option('--undo <id>', 'put the old rows of a restore back')
    .option('--release <id>', 'drop the old rows of a restore')
    .action(lazily(signal, () => import('../work/restore.ts')))
}
