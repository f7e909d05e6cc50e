import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addCompare(program: Command, signal: AbortSignal): void {
  program
    .command('compare')
    .description(
      'compare the rows of the plan’s tables with another database, while both are written to; changes nothing',
    )
    .requiredOption(
      '--with <database>',
      'the other database: an alias of the plan, or the environment variable that holds its connection string',
    )
    .option('--service <names>', 'only tables of these services, comma-separated')
    .option('--table <names>', 'only these tables, by their old names, comma-separated')
    .option('--chunk <rows>', 'how many rows are summed at a time', '50000')
    .option('--max-rate <rows>', 'rows a second at most')
    .option('--settle <duration>', 'how long a difference may take to vanish', '2s')
    .option('--repair <file>', 'write statements that make the other database like the plan’s')
    .option('--fresh', 'do not go on with an earlier comparison that was stopped')
    .action(lazily(signal, () => import('../work/compare.ts')))
}
