import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addVerify(program: Command, signal: AbortSignal): void {
  program
    .command('verify')
    .description(
      'run the probes: rows, structure, sequences, keys, grants, connections, isolation, traffic, and those of the plan; what fails holds up later phases until it passes',
    )
    .option('--phase <number>', 'only the tables of this phase')
    .option('--only <probes>', 'only these probes, comma-separated')
    .option('--for <duration>', 'how long traffic is watched; default: probes.settings.traffic.window, 3s')
    .action(lazily(signal, () => import('../work/verify.ts')))
}
