import type { BackupScope } from '../../backup/scope.ts'
import { takeScheduled } from '../../engine/take-backup.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { Plan } from '../../plan/plan.ts'
import type { CommandContext } from '../context.ts'
import { phaseNumber } from '../phases.ts'
import { renderTaken } from '../render/backups.ts'
import { serviceNamed } from '../services.ts'

interface Options {
  readonly phase?: string
  readonly service?: string
  readonly all?: boolean
}

/** Asks nothing, so that cron and timers can run it. */
export async function work(context: CommandContext, options: Options): Promise<void> {
  const plan = await context.plan()
  const scope = scopeOf(plan, options)
  const workspace = await openWorkspace(plan, 'take-backup', context.events)
  try {
    const taken = await takeScheduled(workspace, scope, context.events, context.signal)
    context.result(renderTaken(taken), taken)
  } finally {
    await workspace.session.close()
  }
}

function scopeOf(plan: Plan, options: Options): BackupScope {
  if (Object.keys(options).length > 1) {
    throw new MigrateError('usage-invalid', 'say only one of --phase, --service, --all', {
      next: ['migrate backup take --help'],
    })
  }
  if (options.phase !== undefined) {
    const number = phaseNumber(plan, options.phase, '--phase')
    return { kind: 'phase', number, name: plan.phases.find((phase) => phase.number === number)!.name }
  }
  if (options.service === undefined) return { kind: 'all' }
  return { kind: 'service', service: serviceNamed(plan, options.service) }
}
