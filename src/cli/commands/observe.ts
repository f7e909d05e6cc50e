import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addObserve(program: Command, signal: AbortSignal): void {
  program
    .command('observe')
    .description(
      'watch for a time who uses old names, also on standbys, and keep it as evidence; Ctrl-C ends it early',
    )
    .option('--for <duration>', 'for how long', '30s')
    .option('--service <names>', 'only tables of these services, comma-separated')
    .option('--table <names>', 'only these tables, by their old names, comma-separated')
    .action(lazily(signal, () => import('../work/observe.ts')))
}
