import { readStatus } from '../../engine/status.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import type { CommandContext } from '../context.ts'
import { renderStatus } from '../render/status.ts'

export async function work(context: CommandContext, options: { exitCode?: boolean }): Promise<void> {
  const workspace = await openWorkspace(await context.plan(), 'status', context.events)
  try {
    const status = await readStatus(workspace)
    context.result(renderStatus(status, context.options.verbose === true), status)
    if (options.exitCode === true && status.phases.some(({ state }) => state !== 'done'))
      process.exitCode = exitCodes.pending
  } finally {
    await workspace.session.close()
  }
}
