import { setTimeout as sleep } from 'node:timers/promises'
import { AdminConsole } from '../pg/console.ts'
import { databaseName } from '../pg/target.ts'
import type { DatabaseSpec, Pooler } from '../plan/plan.ts'

/** The name under which the pooler offers a database. */
export function pooledName({ url }: DatabaseSpec, pooler: Pooler): string {
  return pooler.database ?? databaseName(url)
}

/**
 * Asks for a pause, in a session of its own: PAUSE answers when it is granted, and one that is not granted can only be
 * left alone and taken back by RESUME.
 * @returns whether it was granted in time; if not, nothing is paused any more
 */
export async function pause(
  console: AdminConsole,
  url: string,
  database: string,
  timeoutMs: number,
): Promise<boolean> {
  await using asking = await AdminConsole.open(url)
  const stop = new AbortController()
  const isGranted = await Promise.race([
    asking.pause(database).then(
      () => true,
      () => false,
    ),
    sleep(timeoutMs, false, { signal: stop.signal }),
  ])
  stop.abort()
  if (!isGranted) await console.resume(database)
  return isGranted
}
