import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addDrill(program: Command, signal: AbortSignal): void {
  program
    .command('drill [folder]')
    .description(
      'restore a backup, by default the newest, into a scratch database, compare it with its manifest, drop it',
    )
    .option(
      '--scratch <database>',
      'an empty database, here or elsewhere (an alias, or the environment variable with its connection string), instead of one that is made and dropped',
    )
    .option('--service <name>', 'the newest backup of this service')
    .option('--all', 'the newest backup of each scope, one after another')
    .action(lazily(signal, () => import('../work/drill.ts')))
}
