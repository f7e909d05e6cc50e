import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { measureContent } from '../content/measure.ts'
import { Progress } from '../events/progress.ts'
import type { EventStream } from '../events/stream.ts'
import type { Session } from '../pg/session.ts'
import { runCommand, type Command } from './command.ts'
import { encryptFolder } from './encrypted.ts'
import { toolEnvironment } from './environment.ts'
import { fingerprint, listFiles } from './files.ts'
import { newKey } from './key.ts'
import type { Manifest } from './manifest.ts'
import { ownDependents, outwardTies } from './omissions.ts'
import { beginsRows, dataDump, schemaDump } from './pg-dump.ts'
import { checkPlaces, lockTables, lookUpSequences, lookUpTables } from './relations.ts'
import type { BackupRequest } from './request.ts'
import { describeScope } from './scope.ts'
import { restoreGuide } from './restore-guide.ts'
import { restoreList, type Omissions, type Omitted } from './restore-list.ts'
import { exportSnapshot } from './snapshot.ts'
import type { DumpTools } from './tool.ts'

/** What the parts of a backup share. */
export interface Work {
  readonly request: BackupRequest
  readonly events: EventStream
  readonly signal: AbortSignal | undefined
  /** Holds the snapshot; its application name is pg_dump's too. */
  readonly session: Session
  readonly applicationName: string
  readonly tools: DumpTools
  readonly folder: string
  readonly startedAt: Date
}

/** Everything that looks through the one snapshot, in order; the manifest tells what came of it. */
export async function fillBackup(work: Work): Promise<Manifest> {
  const { request, events, session, tools, folder, startedAt } = work
  const { planName: plan, scope, toolVersion, server, jobs } = request
  const what = describeScope(scope)
  // Asked for first: a key that is not to be had must not cost a dump.
  const locked = request.keyCommand === undefined ? undefined : await newKey(request.keyCommand)
  const snapshot = await exportSnapshot(session, server)
  const tables = await lookUpTables(session, request.tables)
  await lockTables(session, tables)
  await checkPlaces(session, tables)
  const sequences = await lookUpSequences(session, tables)
  const own = await ownDependents(session)
  const ties = await outwardTies(session, tables)

  await dump(work, schemaDump(snapshot, join(folder, 'schema.dump')))
  const filled = tables.filter(({ holdsRows }) => holdsRows).length
  const dumped = new Progress(events, `backup of ${what}`, filled, 'tables')
  let begun = 0
  await dump(work, dataDump(snapshot, [...tables, ...sequences], jobs, join(folder, 'data')), (line) => {
    // pg_dump tells when a table begins: all but the last few, one for each job, have ended.
    if (beginsRows(line)) dumped.set(Math.max(0, ++begun - jobs))
  })
  dumped.set(filled)
  const omitted = [
    ...(await writeList(work, 'schema.dump', 'schema.list', own)),
    ...(await writeList(work, 'data', 'data.list', new Map([...own, ...ties]))),
  ]
  const measured = new Progress(events, `checksums of ${what}`, tables.length, 'tables')
  const sums = await measureContent(session, tables, { onMeasured: () => measured.add(1) })
  await session.script('commit')

  if (locked !== undefined) await encryptFolder(folder, locked.key)
  const files = []
  for (const path of await listFiles(folder)) files.push(await fingerprint(folder, path))
  const { version, systemIdentifier, database, databaseOid } = server
  return {
    format: 1,
    plan,
    scope,
    toolVersion,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    server: {
      version,
      systemIdentifier,
      database,
      databaseOid,
      lsn: snapshot.lsn,
      snapshot: snapshot.name,
    },
    pgDumpVersion: tools.version,
    tables: sums.map((sum, n) => ({ ...sum, oid: Number(tables[n]?.oid), bytes: tables[n]?.bytes ?? 0 })),
    sequences,
    ...(locked && { encryption: locked.encryption }),
    files,
    omitted,
    restore: restoreGuide(jobs, locked !== undefined),
  }
}

async function dump(work: Work, args: readonly string[], onLine?: Command['onLine']): Promise<void> {
  const { target, server } = work.request
  const env = toolEnvironment(target, server, work.applicationName)
  const program = work.tools.pgDump
  await runCommand({ program, args, env, signal: work.signal, ...(onLine && { onLine }) })
}

async function writeList(
  { folder, tools, signal }: Work,
  archive: string,
  listName: string,
  omissions: Omissions,
): Promise<Omitted[]> {
  const contents = await runCommand({
    program: tools.pgRestore,
    args: ['--list', '--verbose', join(folder, archive)],
    env: { ...process.env, LC_ALL: 'C' },
    signal,
  })
  const { list, omitted } = restoreList(archive, contents, omissions)
  await writeFile(join(folder, listName), list)
  return omitted
}
