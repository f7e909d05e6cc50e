import { scream, screamList } from '../../engine/scream.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import { confirmChange } from '../confirm.ts'
import { duration, type CommandContext } from '../context.ts'
import { chosenNames, type NameOptions } from '../old-names.ts'
import { renderScream } from '../render/scream.ts'

const shortestMs = 1_000
const longestMs = 24 * 3_600_000

export async function work(context: CommandContext, options: NameOptions): Promise<void> {
  const request = { ...chosenNames(options), forMs: length(options.for) }
  const workspace = await openWorkspace(await context.plan(), 'scream', context.events)
  try {
    const { names, routines } = await screamList(workspace, request)
    if (routines.length > 0) {
      const text = `functions use these old names, and what runs them may fail too, by whatever name: ${routines.join(', ')}`
      context.events.emit({ type: 'notice', level: 'warning', text })
    }
    await confirmChange(
      context,
      `Take all privileges on ${names.join(', ')} for ${options.for}? Statements by ${names.length === 1 ? 'that name' : 'these names'} fail meanwhile.`,
    )
    const outcome = await scream(workspace, request, {
      events: context.events,
      signal: context.signal,
      waitMs: context.waitMs(),
      activity: `scream for ${options.for}: ${names.length} old ${names.length === 1 ? 'name' : 'names'} without privileges`,
    })
    context.result(renderScream(outcome), { plan: workspace.plan.name, ...outcome })
  } finally {
    await workspace.session.close()
  }
}

function length(text: string): number {
  const ms = duration(text, '--for')
  if (ms >= shortestMs && ms <= longestMs) return ms
  throw new MigrateError('usage-invalid', `--for takes a time from 1s to 1d, not "${text}"`, {
    next: ['migrate scream --help'],
  })
}
