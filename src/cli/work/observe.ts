import { observe } from '../../engine/observe.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { duration, type CommandContext } from '../context.ts'
import { chosenNames, type NameOptions } from '../old-names.ts'
import { renderOldNames } from '../render/old-names.ts'
import { seconds } from '../render/sentence.ts'

export async function work(context: CommandContext, options: NameOptions): Promise<void> {
  const request = { ...chosenNames(options), forMs: duration(options.for, '--for') }
  const workspace = await openWorkspace(await context.plan(), 'observe', context.events)
  try {
    const observation = await observe(workspace, request, { events: context.events, signal: context.signal })
    const text = [`watched for ${seconds(observation.ms)}`, ...renderOldNames(observation.oldNames)]
    context.result(text.join('\n'), { plan: workspace.plan.name, ...observation })
  } finally {
    await workspace.session.close()
  }
}
