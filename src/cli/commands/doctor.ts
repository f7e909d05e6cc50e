import type { Command } from 'commander'
import { diagnose, wholeSchemaPlan } from '../../engine/doctor.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { Plan } from '../../plan/plan.ts'
import { commandContext, type CommandContext } from '../context.ts'
import { renderDiagnosis } from '../render/doctor.ts'

interface Options {
  readonly database?: string
  readonly schema: string
  readonly target: string
}

export function addDoctor(program: Command, signal: AbortSignal): void {
  program
    .command('doctor')
    .description(
      'look for everything that speaks against the plan, or against moving a whole schema; changes nothing',
    )
    .option(
      '--database <variable>',
      'without a plan: name of the environment variable that holds the connection string',
    )
    .option('--schema <name>', 'with --database: the schema whose tables would move', 'public')
    .option('--target <name>', 'with --database: the schema they would go to', 'moved_tables')
    .action(async (options: Options, command: Command) => {
      const context = commandContext(command, signal)
      const workspace = await openWorkspace(await planOf(options, context), 'doctor', context.events)
      try {
        const diagnosis = await diagnose(workspace)
        context.result(renderDiagnosis(diagnosis), diagnosis)
        if (diagnosis.isBlocked) process.exitCode = exitCodes.refused
      } finally {
        await workspace.session.close()
      }
    })
}

async function planOf({ database, schema, target }: Options, context: CommandContext): Promise<Plan> {
  if (database === undefined) return context.plan()
  if (context.options.plan !== undefined) {
    throw new MigrateError('usage-invalid', '--database and --plan exclude each other', {
      next: ['migrate doctor --help'],
    })
  }
  const url = process.env[database]
  if (url === undefined || url === '') {
    throw new MigrateError('env-missing', `environment variable ${database} is not set`, {
      next: [`export ${database}=postgresql://user@host/database`],
    })
  }
  return wholeSchemaPlan(url, schema, target)
}
