import { uninstall } from '../../engine/uninstall.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { confirmByName } from '../confirm.ts'
import type { CommandContext } from '../context.ts'

export async function work(context: CommandContext, options: { forget?: boolean }): Promise<void> {
  const plan = await context.plan()
  await confirmByName(
    context.options,
    'This removes the journal and with it the history of every plan in this database.',
    plan.name,
  )
  const workspace = await openWorkspace(plan, 'uninstall', context.events)
  try {
    const removed = await uninstall(workspace, { forget: options.forget === true })
    context.result(
      removed ? 'the journal is removed; nothing of pg-relocate is left' : 'there is no journal here',
      { removed },
    )
  } finally {
    await workspace.session.close()
  }
}
