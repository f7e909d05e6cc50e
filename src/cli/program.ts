import { Command, Option } from 'commander'
import { toolVersion } from '../version.ts'
import { addAdopt } from './commands/adopt.ts'
import { addBackup } from './commands/backup.ts'
import { addCompare } from './commands/compare.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDrill } from './commands/drill.ts'
import { addExecute } from './commands/execute.ts'
import { addInit } from './commands/init.ts'
import { addObserve } from './commands/observe.ts'
import { addPlan } from './commands/plan.ts'
import { addResolver } from './commands/resolver.ts'
import { addRestore } from './commands/restore.ts'
import { addRewrite } from './commands/rewrite.ts'
import { addRollback } from './commands/rollback.ts'
import { addScream } from './commands/scream.ts'
import { addStatus } from './commands/status.ts'
import { addUninstall } from './commands/uninstall.ts'
import { addVerify } from './commands/verify.ts'

/** The command line: a translation of arguments into calls of the engine, one file for each command. */
export function buildProgram(signal: AbortSignal, wantsJson = false): Command {
  const program = new Command('migrate')
    .description(
      'Moves the tables of a live PostgreSQL database into service schemas while its applications keep running.',
    )
    .version(toolVersion, '-V, --version')
    .option('--plan <file>', 'the plan; default: the only one in plans/')
    .option('--json', 'the result as JSON on standard output, events as JSON lines on standard error')
    .option('-q, --quiet', 'only errors and the result')
    .option('-v, --verbose', 'also actions and their SQL')
    .option('--no-input', 'never ask')
    .option('-y, --yes', 'say yes to changes that can be undone')
    .option(
      '--confirm <name>',
      'a name, for changes that ask for it: the plan’s for contract and uninstall, the database’s for restore and adopt',
    )
    .option('--wait <duration>', 'wait for another runner to end instead of refusing')
    .addOption(new Option('--no-color', 'no colours (NO_COLOR does the same)'))
    .exitOverride()
    .showHelpAfterError('(migrate --help lists the commands)')
    .configureHelp({ showGlobalOptions: true })
    // Whoever wants JSON gets complaints as JSON too, from main.
    .configureOutput(wantsJson ? { writeErr: () => undefined } : {})
    .addHelpText('after', examples)
  for (const add of [
    addInit,
    addDoctor,
    addPlan,
    addStatus,
    addVerify,
    addCompare,
    addExecute,
    addRollback,
    addObserve,
    addScream,
    addResolver,
    addBackup,
    addDrill,
    addRestore,
    addRewrite,
    addAdopt,
    addUninstall,
  ])
    add(program, signal)
  for (const command of program.commands) command.exitOverride()
  return program
}

const examples = `
Examples:
  migrate plan                     what would happen, phase by phase, with locks and undo
  migrate execute --phase 1        make the new names usable; nothing changes for old clients
  migrate execute --phase 2        switch the first service, under traffic
  migrate rollback --phase 2       and back, with everything written meanwhile

Exit codes: 0 done or nothing to do, 2 usage, 3 plan, 4 refused before any change, 5 differences found,
6 failed part-way (run again), 7 another runner, 8 a decision is needed, 9 database unreachable.`
