import type { Command } from 'commander'
import { uninstall } from '../../engine/uninstall.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { confirmByName } from '../confirm.ts'
import { commandContext } from '../context.ts'

export function addUninstall(program: Command, signal: AbortSignal): void {
  program
    .command('uninstall')
    .description('remove the journal from the database; refused while a run stands')
    .option('--forget', 'in a copy of the database: also a journal that speaks of another one')
    .action(async (options: { forget?: boolean }, command: Command) => {
      const context = commandContext(command, signal)
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
    })
}
