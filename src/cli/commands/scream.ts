import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addScream(program: Command, signal: AbortSignal): void {
  program
    .command('scream')
    .description(
      'take all privileges on old names for a time, to see who fails, and give them back exactly; superusers are not stopped',
    )
    .option('--for <duration>', 'for how long, from 1s to 1d', '60s')
    .option('--service <names>', 'only tables of these services, comma-separated')
    .option('--table <names>', 'only these tables, by their old names, comma-separated')
    .action(lazily(signal, () => import('../work/scream.ts')))
}
