import { basename } from 'node:path'
import { listBackups } from '../../backup/manifest.ts'
import { isMigrateError } from '../../errors/migrate-error.ts'
import { readDrills, type Drill } from '../../journal/drills.ts'
import { Session } from '../../pg/session.ts'
import type { Plan } from '../../plan/plan.ts'
import type { CommandContext } from '../context.ts'
import { renderBackups } from '../render/backups.ts'

export async function work(context: CommandContext): Promise<void> {
  const plan = await context.plan()
  const { backups, unreadable } = await listBackups(plan.defaults.backupDir, plan.name)
  const drills = backups.length === 0 ? new Map<string, Drill>() : await knownDrills(context, plan)
  const listed = backups.map((it) => ({
    ...it,
    drill: drills === undefined ? undefined : (drills.get(basename(it.path)) ?? null),
  }))
  context.result(renderBackups(listed, unreadable), { backups: listed, unreadable })
}

/** Backups are listed also where the database cannot be reached, which may be why one is looked for. */
async function knownDrills({ events }: CommandContext, plan: Plan): Promise<Map<string, Drill> | undefined> {
  const alias = plan.services[0]!.database
  try {
    await using session = await Session.connect(
      { alias, url: plan.databases[alias]!.url },
      `migrate/${plan.name}/list`,
    )
    return await readDrills(session, plan.name)
  } catch (error) {
    if (!isMigrateError(error)) throw error
    events.emit({ type: 'notice', level: 'warning', text: `drills are not known: ${error.message}` })
    return undefined
  }
}
