import { diagnose, wholeSchemaPlan } from '../../engine/doctor.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { Plan } from '../../plan/plan.ts'
import type { CommandContext } from '../context.ts'
import { urlInVariable } from '../databases.ts'
import { renderDiagnosis } from '../render/doctor.ts'

interface Options {
  readonly database?: string
  readonly schema: string
  readonly target: string
}

export async function work(context: CommandContext, options: Options): Promise<void> {
  const workspace = await openWorkspace(await planOf(options, context), 'doctor', context.events)
  try {
    const diagnosis = await diagnose(workspace)
    context.result(renderDiagnosis(diagnosis), diagnosis)
    if (diagnosis.isBlocked) process.exitCode = exitCodes.refused
  } finally {
    await workspace.session.close()
  }
}

async function planOf({ database, schema, target }: Options, context: CommandContext): Promise<Plan> {
  if (database === undefined) return context.plan()
  if (context.options.plan !== undefined) {
    throw new MigrateError('usage-invalid', '--database and --plan exclude each other', {
      next: ['migrate doctor --help'],
    })
  }
  return wholeSchemaPlan(urlInVariable('--database', database), schema, target)
}
