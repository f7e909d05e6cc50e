import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addStatus(program: Command, signal: AbortSignal): void {
  program
    .command('status')
    .description(
      'show where each phase stands, what blocks, who runs, who uses old names, and the next command',
    )
    .option('--exit-code', 'exit with 10 when phases are pending')
    .action(lazily(signal, () => import('../work/status.ts')))
}
