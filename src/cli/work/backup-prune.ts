import { prune } from '../../engine/prune.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import { duration, type CommandContext } from '../context.ts'
import { renderPruned } from '../render/backups.ts'

interface Options {
  readonly keep?: string
  readonly olderThan?: string
  readonly dryRun?: boolean
}

export async function work(context: CommandContext, options: Options): Promise<void> {
  const plan = await context.plan()
  const retention = {
    keep: options.keep === undefined ? plan.backups.keep : count(options.keep, '--keep'),
    maxAgeMs:
      options.olderThan === undefined ? plan.backups.maxAgeMs : duration(options.olderThan, '--older-than'),
  }
  if (retention.keep === undefined && retention.maxAgeMs === undefined) {
    throw new MigrateError('usage-invalid', 'there is no limit beyond which backups would be removed', {
      next: ['migrate backup prune --keep 7', 'or set backups.keep or backups.maxAge in the plan'],
    })
  }
  const isDryRun = options.dryRun === true
  const workspace = await openWorkspace(plan, 'prune', context.events)
  try {
    const pruned = await prune(workspace, retention, isDryRun)
    context.result(renderPruned(pruned, isDryRun), { dryRun: isDryRun, ...pruned })
  } finally {
    await workspace.session.close()
  }
}

function count(text: string, option: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new MigrateError('usage-invalid', `${option} takes a whole number from 1, not "${text}"`, {
    next: ['migrate backup prune --help'],
  })
}
