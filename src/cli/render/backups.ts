import type { Backup } from '../../backup/manifest.ts'
import { sizeOf } from '../../backup/retention.ts'
import { describeScope } from '../../backup/scope.ts'
import type { DrillOutcome } from '../../engine/drill.ts'
import type { Pruned } from '../../engine/prune.ts'
import type { Drill } from '../../journal/drills.ts'
import { bytes } from './bytes.ts'
import { seconds } from './sentence.ts'
import { table } from './table.ts'

/** A backup with its last drill; undefined where the journal could not be asked. */
export interface ListedBackup extends Backup {
  readonly drill: Drill | null | undefined
}

export function renderBackups(backups: readonly ListedBackup[], unreadable: readonly string[]): string {
  const rows = backups.map(({ path, manifest, drill }) => [
    path,
    describeScope(manifest.scope),
    `${seconds(Date.now() - Date.parse(manifest.startedAt))} ago`,
    bytes(sizeOf({ path, manifest })),
    `${manifest.tables.length} tables`,
    `${manifest.tables.reduce((sum, { rows: count }) => sum + count, 0)} rows`,
    manifest.encryption === undefined ? 'not encrypted' : 'encrypted',
    drillCell(drill),
  ])
  return [
    rows.length === 0 ? 'no backups' : table(rows, ''),
    ...unreadable.map((path) => `${path} is no backup that can be read`),
  ].join('\n')
}

function drillCell(drill: ListedBackup['drill']): string {
  if (drill === undefined) return 'drill not known'
  if (drill === null) return 'no drill'
  return `drill ${drill.ok ? 'passed' : 'failed'} ${drill.at.toISOString()}`
}

export function renderTaken({ path, manifest }: Backup): string {
  const rows = manifest.tables.reduce((sum, { rows: count }) => sum + count, 0)
  const took = Date.parse(manifest.endedAt) - Date.parse(manifest.startedAt)
  return [
    path,
    `${describeScope(manifest.scope)}: ${manifest.tables.length} tables, ${rows} rows, ${bytes(sizeOf({ path, manifest }))}` +
      `${manifest.encryption === undefined ? '' : ', encrypted'}, in ${seconds(took)}`,
    `next: migrate drill ${path}`,
  ].join('\n')
}

export function renderPruned({ verdicts, unreadable }: Pruned, isDryRun: boolean): string {
  const removed = verdicts.filter(({ isRemoved }) => isRemoved)
  const freed = removed.reduce((sum, verdict) => sum + verdict.bytes, 0)
  const rows = verdicts.map((verdict) => [
    verdict.isRemoved ? (isDryRun ? 'would remove' : 'removed') : 'kept',
    verdict.backup.path,
    bytes(verdict.bytes),
    verdict.reason,
  ])
  return [
    ...(rows.length === 0 ? [] : [table(rows, '')]),
    ...unreadable.map((path) => `kept ${path}: it cannot be read, so nobody knows what it is`),
    `${removed.length} ${removed.length === 1 ? 'backup' : 'backups'}, ${bytes(freed)}${isDryRun ? ' would be' : ''} removed`,
  ].join('\n')
}

export function renderDrill({ path, ok, tables, isRecorded }: DrillOutcome): string {
  const rows = tables.map(({ table: { schema, name, rows: wanted }, rows: found, isSame }) => [
    isSame ? 'ok' : 'different',
    `${schema}.${name}`,
    isSame ? `${found} rows` : `${found} rows restored, ${wanted} backed up`,
  ])
  return [
    table(rows, ''),
    ok ? `${path} restores to what was backed up` : `${path} does NOT restore to what was backed up`,
    ...(isRecorded ? [] : ['this is not recorded: there is no journal in this database yet']),
  ].join('\n')
}
