import type { Command } from 'commander'
import { buildProgram } from '../../src/cli/program.ts'

/** The reference of the command line: what each command’s --help prints. */
export function cliReference(): string {
  const program = buildProgram(new AbortController().signal)
  const commands = program.commands.flatMap((command) =>
    command.commands.length > 0 ? command.commands : [command],
  )
  return [
    '<!-- Written by `npm run generate` from the commands themselves; do not edit. -->',
    '# Command line',
    '',
    ...help(program, 'migrate'),
    ...commands.flatMap((command) => help(command, fullName(command))),
  ].join('\n')
}

function help(command: Command, name: string): string[] {
  command.configureHelp({ ...command.configureHelp(), helpWidth: 100 })
  const text = command.helpInformation().trimEnd()
  return [`## ${name}`, '', '```', text, '```', '']
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`
}
