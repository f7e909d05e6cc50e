import { describePlan } from '../../engine/describe.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { readStatementFile } from '../../statements/file.ts'
import { isBlocking } from '../../survey/finding.ts'
import type { CommandContext } from '../context.ts'
import { renderPlan } from '../render/plan.ts'

interface Options {
  readonly sql?: boolean
  readonly exitCode?: boolean
  readonly statements?: string
}

export async function work(context: CommandContext, options: Options): Promise<void> {
  const file = options.statements === undefined ? undefined : await readStatementFile(options.statements)
  const workspace = await openWorkspace(await context.plan(), 'plan', context.events)
  try {
    const description = await describePlan(workspace, file)
    context.result(renderPlan(description, { sql: options.sql === true }), description)
    if (description.findings.some((finding) => finding.phase === 1 && isBlocking(finding)))
      process.exitCode = exitCodes.refused
    else if (options.exitCode === true && description.phases.some(({ state }) => state !== 'done'))
      process.exitCode = exitCodes.pending
  } finally {
    await workspace.session.close()
  }
}
