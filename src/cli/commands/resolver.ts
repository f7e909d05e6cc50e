import { Option, type Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addResolver(program: Command, signal: AbortSignal): void {
  const resolver = program.command('resolver').description('what services need to find their tables')
  resolver
    .command('snapshot')
    .description('write where each name of the plan is now, as JSON; changes nothing')
    .option('-o, --output <file>', 'where to write it; default: standard output')
    .action(lazily(signal, () => import('../work/resolver.ts')))
  resolver
    .command('generate')
    .description('write the names of the plan as constants; changes nothing')
    .addOption(
      new Option('--language <language>', 'for TypeScript, or as JSON for any other language')
        .choices(['typescript', 'json'])
        .default('typescript'),
    )
    .option('-o, --output <file>', 'where to write it; default: standard output')
    .action(lazily(signal, () => import('../work/resolver.ts')))
  for (const command of resolver.commands) command.exitOverride()
}
