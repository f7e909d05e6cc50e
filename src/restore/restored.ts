import { withPlainFiles } from '../backup/encrypted.ts'
import { manifestName, manifestSumName } from '../backup/files.ts'
import { readBackup, type Backup } from '../backup/manifest.ts'
import { verifyBackup } from '../backup/verify.ts'
import { measureContent } from '../content/measure.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { Progress } from '../events/progress.ts'
import type { EventStream } from '../events/stream.ts'
import { readServer, type ServerFacts } from '../pg/server.ts'
import { Session } from '../pg/session.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { restoreFailure } from './failure.ts'
import { restoreStructure, restoreTables } from './pg-restore.ts'
import { selectTables, type BackedUpTable } from './selection.ts'
import { findRestoreTools } from './tools.ts'

/** What to restore, and where to. */
export interface RestoreRequest {
  readonly backup: Backup
  /** Names of tables; all of the backup without it. */
  readonly tables?: readonly string[] | undefined
  /** The server that the plan is about. */
  readonly server: ServerFacts
  readonly plan: string
  readonly jobs: number
  readonly keyCommand: string | undefined
}

/** A table after its restore. */
export interface RestoredTable {
  readonly table: BackedUpTable
  readonly rows: number
  readonly checksum: string
  readonly isSame: boolean
}

/**
 * Reads a backup and sees that its files are as they were written.
 * @throws MigrateError `backup-corrupt` naming every file that is not, or when it holds no tables
 */
export async function soundBackup(path: string): Promise<Backup> {
  const backup = await readBackup(path)
  const problems = await verifyBackup(path)
  const [first, ...others] = problems.filter(({ kind }) => kind !== 'extra')
  if (first === undefined) {
    if (backup.manifest.tables.length > 0) return backup
    throw new MigrateError('backup-corrupt', `the backup ${path} holds no tables`, {
      next: ['migrate backup list        tells the backups there are'],
    })
  }
  throw new MigrateError('backup-corrupt', `the backup ${path} is not as it was written: ${first.sentence}`, {
    detail: others.map(({ sentence }) => sentence),
    next: [
      ...(first.path === manifestSumName
        ? [`cd ${path} && sha256sum ${manifestName} > ${manifestSumName}        if it is of a former version`]
        : []),
      'migrate backup list        tells the backups there are',
    ],
  })
}

/**
 * Restores a backup into an empty database and compares what is there with the manifest, table by table.
 * @throws MigrateError `tool-missing`, `key-missing`, `key-wrong`, `backup-corrupt`, `table-not-found`,
 * `command-failed`, `disk-full`, `interrupted`
 */
export async function restoreInto(
  target: DatabaseTarget,
  request: RestoreRequest,
  events: EventStream,
  signal?: AbortSignal,
): Promise<RestoredTable[]> {
  const { backup, plan, jobs, keyCommand } = request
  await using session = await Session.connect(target, `migrate/${plan}/restore`)
  const server = await readServer(session)
  const tools = await findRestoreTools(backup.manifest.pgDumpVersion, server.major)
  const asOwners = server.isSuperuser && server.systemIdentifier === backup.manifest.server.systemIdentifier
  try {
    const wanted = await withPlainFiles(backup, keyCommand, async (folder) => {
      const { manifest } = backup
      const work = { plan, manifest, folder, tools, target, server, asOwners, jobs, events, signal }
      await restoreStructure(work)
      const chosen = await selectTables(manifest.tables, request.tables, session)
      await restoreTables(work, chosen)
      return chosen
    })
    return await compare(session, wanted, events)
  } catch (error) {
    throw restoreFailure(error, target)
  }
}

async function compare(
  session: Session,
  wanted: readonly BackedUpTable[],
  events: EventStream,
): Promise<RestoredTable[]> {
  const measured = new Progress(events, 'comparison with the manifest', wanted.length, 'tables')
  await session.script('begin isolation level repeatable read read only')
  await session.script('set local idle_in_transaction_session_timeout = 0')
  const sums = await measureContent(session, wanted, { onMeasured: () => measured.add(1) })
  await session.script('commit')
  return wanted.map((table, index) => {
    const { rows, checksum } = sums[index]!
    return { table, rows, checksum, isSame: rows === table.rows && checksum === table.checksum }
  })
}

/** In what the restored tables are not what was backed up, one line each. */
export function differences(restored: readonly RestoredTable[]): string[] {
  return restored
    .filter(({ isSame }) => !isSame)
    .map(
      ({ table, rows }) =>
        `${table.schema}.${table.name}: ${rows} rows restored, ${table.rows} backed up` +
        (rows === table.rows ? ', and their checksums differ' : ''),
    )
}
