import type { EventStream } from '../events/stream.ts'
import { connectDumper, endOrphans, isDumping } from './dumpers.ts'
import { fillBackup } from './contents.ts'
import { explained, interrupted } from './failure.ts'
import { completePartial, openPartial, removeAbandoned, removeFolder } from './folder.ts'
import { writeManifest, type Backup } from './manifest.ts'
import type { BackupRequest } from './request.ts'
import { findDumpTools } from './tool.ts'

/**
 * Backs up the tables with the definitions of their whole database, all as of one moment, while clients go on
 * writing. The folder gets its name when everything in it is on disk; a failed or stopped backup leaves none.
 * @throws MigrateError `tool-missing`, `table-not-found`, `privilege-missing`, `lock-timeout`, `command-failed`,
 * `disk-full`, `connection-lost`, `interrupted`
 */
export async function takeBackup(
  request: BackupRequest,
  events: EventStream,
  signal?: AbortSignal,
): Promise<Backup> {
  const { planName, scope, directory, server, target, isScheduled = false } = request
  const tools = request.tools ?? (await findDumpTools(server.major))
  const { session: connected, token, applicationName } = await connectDumper(target, planName, isScheduled)
  await using session = connected
  const stop = (): void => void session.close()
  signal?.addEventListener('abort', stop, { once: true })
  let partial: string | undefined
  try {
    if (signal?.aborted) throw interrupted('the backup')
    const { systemIdentifier } = server
    await endOrphans(session, planName, !isScheduled)
    await removeAbandoned(directory, planName, systemIdentifier, (other) => isDumping(session, other))
    const startedAt = new Date()
    partial = await openPartial(directory, planName, scope, startedAt, { systemIdentifier, token })
    const work = { request, events, signal, session, applicationName, tools, folder: partial, startedAt }
    const manifest = await fillBackup(work)
    await writeManifest(partial, manifest)
    return { path: await completePartial(partial), manifest }
  } catch (error) {
    if (partial !== undefined) await removeFolder(partial)
    throw signal?.aborted ? interrupted('the backup') : explained(error, target)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
