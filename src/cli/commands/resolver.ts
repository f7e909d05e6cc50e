import { rename, writeFile } from 'node:fs/promises'
import { Option, type Command } from 'commander'
import { mappingDocument } from '../../engine/mapping-document.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { typescriptOf } from '../../resolver/generate.ts'
import type { Snapshot } from '../../resolver/snapshot.ts'
import { commandContext } from '../context.ts'

interface Options {
  readonly output?: string
  readonly language?: 'typescript' | 'json'
}

export function addResolver(program: Command, signal: AbortSignal): void {
  const resolver = program.command('resolver').description('what services need to find their tables')
  resolver
    .command('snapshot')
    .description('write where each name of the plan is now, as JSON; changes nothing')
    .option('-o, --output <file>', 'where to write it; default: standard output')
    .action((options: Options, command: Command) => write(options, command, signal, documentOf))
  resolver
    .command('generate')
    .description('write the names of the plan as constants; changes nothing')
    .addOption(
      new Option('--language <language>', 'for TypeScript, or as JSON for any other language')
        .choices(['typescript', 'json'])
        .default('typescript'),
    )
    .option('-o, --output <file>', 'where to write it; default: standard output')
    .action((options: Options, command: Command) =>
      write(options, command, signal, options.language === 'json' ? documentOf : typescriptOf),
    )
  for (const command of resolver.commands) command.exitOverride()
}

async function write(
  { output }: Options,
  command: Command,
  signal: AbortSignal,
  textOf: (snapshot: Snapshot) => string,
): Promise<void> {
  const context = commandContext(command, signal)
  const workspace = await openWorkspace(await context.plan(), 'resolver', context.events)
  try {
    const snapshot = await mappingDocument(workspace)
    const text = textOf(snapshot)
    if (output === undefined) return context.result(text.trimEnd(), snapshot)
    // Services may read it at any moment: it is the old one or the new one, never half of it.
    await writeFile(`${output}.new`, text)
    await rename(`${output}.new`, output)
    context.result(
      `${output}: ${snapshot.names.length} names of plan "${snapshot.plan}", epoch ${snapshot.epoch}`,
      {
        output,
        plan: snapshot.plan,
        epoch: snapshot.epoch,
        names: snapshot.names.length,
      },
    )
  } finally {
    await workspace.session.close()
  }
}

function documentOf(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`
}
