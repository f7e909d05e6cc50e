import type { Command } from 'commander'
import { mkdir } from 'node:fs/promises'
import { decryptInto } from '../../backup/encrypted.ts'
import { readBackup } from '../../backup/manifest.ts'
import type { BackupScope } from '../../backup/scope.ts'
import { prune } from '../../engine/prune.ts'
import { takeScheduled } from '../../engine/take-backup.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { didYouMean } from '../../errors/suggest.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { Plan } from '../../plan/plan.ts'
import { commandContext, duration } from '../context.ts'
import { phaseNumber } from '../phases.ts'
import { renderPruned, renderTaken } from '../render/backups.ts'

interface TakeOptions {
  readonly phase?: string
  readonly service?: string
  readonly all?: boolean
}

/** Asks nothing, so that cron and timers can run it. */
export function addTake(backup: Command, signal: AbortSignal): void {
  backup
    .command('take')
    .description('take a backup now, whether or not a run is active; asks nothing, for cron and timers')
    .option('--phase <number>', 'the tables of this phase')
    .option('--service <name>', 'the tables of this service')
    .option('--all', 'all tables of the plan, the default')
    .action(async (options: TakeOptions, command: Command) => {
      const context = commandContext(command, signal)
      const plan = await context.plan()
      const scope = scopeOf(plan, options)
      const workspace = await openWorkspace(plan, 'take-backup', context.events)
      try {
        const taken = await takeScheduled(workspace, scope, context.events, signal)
        context.result(renderTaken(taken), taken)
      } finally {
        await workspace.session.close()
      }
    })
}

interface PruneOptions {
  readonly keep?: string
  readonly olderThan?: string
  readonly dryRun?: boolean
}

export function addPrune(backup: Command, signal: AbortSignal): void {
  backup
    .command('prune')
    .description(
      'remove backups beyond the limits; never the newest good one of a scope, nor one that a run may need',
    )
    .option('--keep <count>', 'how many of each scope stay; default: backups.keep of the plan')
    .option('--older-than <duration>', 'those older than this go; default: backups.maxAge of the plan')
    .option('--dry-run', 'only say what would be removed')
    .action(async (options: PruneOptions, command: Command) => {
      const context = commandContext(command, signal)
      const plan = await context.plan()
      const retention = {
        keep: options.keep === undefined ? plan.backups.keep : count(options.keep, '--keep'),
        maxAgeMs:
          options.olderThan === undefined
            ? plan.backups.maxAgeMs
            : duration(options.olderThan, '--older-than'),
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
    })
}

export function addDecrypt(backup: Command, signal: AbortSignal): void {
  backup
    .command('decrypt <folder>')
    .description('write the files of an encrypted backup as pg_dump wrote them, for a restore by hand')
    .requiredOption('--into <folder>', 'a new folder, which only this user can read')
    .action(async (folder: string, { into }: { into: string }, command: Command) => {
      const context = commandContext(command, signal)
      const plan = await context.plan()
      const backedUp = await readBackup(folder)
      await mkdir(into, { mode: 0o700 }).catch((error: unknown) => {
        throw new MigrateError('usage-invalid', `cannot make the folder ${into}`, {
          detail: [String(error)],
          next: ['name a folder that does not exist yet'],
          cause: error,
        })
      })
      await decryptInto(backedUp, plan.backups.keyCommand, into)
      const { commands } = backedUp.manifest.restore
      const text = [`decrypted into ${into}; there, with TARGET set:`, ...commands].join('\n')
      context.result(text, { into, commands })
    })
}

function scopeOf(plan: Plan, options: TakeOptions): BackupScope {
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

/** @throws MigrateError `usage-invalid` naming the services there are */
export function serviceNamed(plan: Plan, name: string): string {
  const names = plan.services.map((service) => service.name)
  if (names.includes(name)) return name
  throw new MigrateError('usage-invalid', `the plan has no service "${name}"${didYouMean(name, names)}`, {
    detail: names,
  })
}

function count(text: string, option: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new MigrateError('usage-invalid', `${option} takes a whole number from 1, not "${text}"`, {
    next: ['migrate backup prune --help'],
  })
}
