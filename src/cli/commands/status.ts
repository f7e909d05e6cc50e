import type { Command } from 'commander'
import { readStatus } from '../../engine/status.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { commandContext } from '../context.ts'
import { renderStatus } from '../render/status.ts'

export function addStatus(program: Command, signal: AbortSignal): void {
  program
    .command('status')
    .description(
      'show where each phase stands, what blocks, who runs, who uses old names, and the next command',
    )
    .option('--exit-code', 'exit with 10 when phases are pending')
    .action(async (options: { exitCode?: boolean }, command: Command) => {
      const context = commandContext(command, signal)
      const workspace = await openWorkspace(await context.plan(), 'status', context.events)
      try {
        const status = await readStatus(workspace)
        context.result(renderStatus(status, context.options.verbose === true), status)
        if (options.exitCode === true && status.phases.some(({ state }) => state !== 'done'))
          process.exitCode = exitCodes.pending
      } finally {
        await workspace.session.close()
      }
    })
}
