import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addInit(program: Command, signal: AbortSignal): void {
  program
    .command('init')
    .description(
      'write a first plan from a live database; the connection string comes from an environment variable',
    )
    .option(
      '--database <variable>',
      'name of the environment variable that holds the connection string',
      'DATABASE_URL',
    )
    .option('--schema <name>', 'the schema whose tables shall move', 'public')
    .option('--name <plan>', 'name of the plan; default: the database’s name')
    .option('-o, --output <file>', 'where to write it; default: standard output')
    .action(lazily(signal, () => import('../work/init.ts')))
}
