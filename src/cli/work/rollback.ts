import { rollback, rollbackList, type RollbackTarget } from '../../engine/rollback.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { confirmChange } from '../confirm.ts'
import type { CommandContext } from '../context.ts'
import { onlyOne, phaseNumber } from '../phases.ts'
import { seconds } from '../render/sentence.ts'

export async function work(context: CommandContext, options: { phase?: string; to?: string }): Promise<void> {
  const which = onlyOne({ ...options }, ['phase', 'to'])
  const plan = await context.plan()
  const target: RollbackTarget =
    which === 'phase'
      ? { phase: phaseNumber(plan, options.phase!, '--phase') }
      : { to: phaseNumber(plan, options.to!, '--to', 0) }
  const workspace = await openWorkspace(plan, 'rollback', context.events)
  try {
    const list = await rollbackList(workspace, target)
    const names = list.map(
      (number) => `${number} "${plan.phases.find((phase) => phase.number === number)!.name}"`,
    )
    if (list.length > 0) await confirmChange(context, `Undo phase ${names.join(', ')}?`)
    const undone = await rollback(workspace, target, {
      events: context.events,
      signal: context.signal,
      waitMs: context.waitMs(),
      activity: `rollback of phase ${list.join(', ') || 'none'}`,
    })
    if (undone.length === 0) return context.result('nothing to undo', { plan: plan.name, undone })
    const lines = undone.map(({ number, name, ms }) => `phase ${number} "${name}": undone in ${seconds(ms)}`)
    context.result(
      [...lines, `next: migrate status, or migrate execute --phase ${list.at(-1)} to go forward again`].join(
        '\n',
      ),
      { plan: plan.name, undone },
    )
  } finally {
    await workspace.session.close()
  }
}
