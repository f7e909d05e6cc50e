import type { Command } from 'commander'
import { lazily } from '../lazily.ts'

export function addBackup(program: Command, signal: AbortSignal): void {
  const backup = program.command('backup').description('take, list, verify and prune backups')
  backup
    .command('take')
    .description('take a backup now, whether or not a run is active; asks nothing, for cron and timers')
    .option('--phase <number>', 'the tables of this phase')
    .option('--service <name>', 'the tables of this service')
    .option('--all', 'all tables of the plan, the default')
    .action(lazily(signal, () => import('../work/backup-take.ts')))
  backup
    .command('list')
    .description('the backups of the plan, newest first, with the last drill of each')
    .action(lazily(signal, () => import('../work/backup-list.ts')))
  backup
    .command('verify <folder>')
    .description('compare the files of a backup with its manifest; needs neither database nor key')
    .action(lazily(signal, () => import('../work/backup-verify.ts')))
  backup
    .command('prune')
    .description(
      'remove backups beyond the limits; never the newest good one of a scope, nor one that a run may need',
    )
    .option('--keep <count>', 'how many of each scope stay; default: backups.keep of the plan')
    .option('--older-than <duration>', 'those older than this go; default: backups.maxAge of the plan')
    .option('--dry-run', 'only say what would be removed')
    .action(lazily(signal, () => import('../work/backup-prune.ts')))
  backup
    .command('decrypt <folder>')
    .description('write the files of an encrypted backup as pg_dump wrote them, for a restore by hand')
    .requiredOption('--into <folder>', 'a new folder, which only this user can read')
    .action(lazily(signal, () => import('../work/backup-decrypt.ts')))
  for (const command of backup.commands) command.exitOverride()
}
