import type { Command } from 'commander'
import { observe } from '../../engine/observe.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { commandContext, duration } from '../context.ts'
import { chosenNames, type NameOptions } from '../old-names.ts'
import { renderOldNames } from '../render/old-names.ts'
import { seconds } from '../render/sentence.ts'

export function addObserve(program: Command, signal: AbortSignal): void {
  program
    .command('observe')
    .description(
      'watch for a time who uses old names, also on standbys, and keep it as evidence; Ctrl-C ends it early',
    )
    .option('--for <duration>', 'for how long', '30s')
    .option('--service <names>', 'only tables of these services, comma-separated')
    .option('--table <names>', 'only these tables, by their old names, comma-separated')
    .action(async (options: NameOptions, command: Command) => {
      const context = commandContext(command, signal)
      const request = { ...chosenNames(options), forMs: duration(options.for, '--for') }
      const workspace = await openWorkspace(await context.plan(), 'observe', context.events)
      try {
        const observation = await observe(workspace, request, { events: context.events, signal })
        const text = [`watched for ${seconds(observation.ms)}`, ...renderOldNames(observation.oldNames)]
        context.result(text.join('\n'), { plan: workspace.plan.name, ...observation })
      } finally {
        await workspace.session.close()
      }
    })
}
