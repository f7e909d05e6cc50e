import { MigrateError } from '../errors/migrate-error.ts'
import { formatDuration } from '../plan/duration.ts'
import { qualified } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import { readQuiet, type Quiet } from './quiet.ts'
import { recordUse } from './record.ts'
import type { Servers } from './use.ts'
import { hasOldName, type WatchedName } from './watched-name.ts'
import { watchUse } from './watch.ts'

/** Long enough for the statistics of busy sessions to arrive (they are sent at most once a second). */
const watchMs = 2_500
const settleMs = 14_000

export interface Demand {
  readonly quietMs: number
  /** May an old name go whose uses nothing counts? */
  isWaived(name: string): boolean
}

/**
 * Lets contract go on only when the evidence says that the old names are not used: not in the next moments, and not
 * for the plan's quiet period. What nobody counts is not quiet, however rarely it was seen.
 * @throws MigrateError `gate-waiting` with who or what still uses them, or with the names whose uses nothing counts
 */
export async function awaitQuietNames(
  servers: Servers,
  run: number,
  tables: readonly WatchedName[],
  { quietMs, isWaived }: Demand,
): Promise<void> {
  const began = performance.now()
  let inUse = await watchOnce(servers, run, tables)
  // A session sends its counts up to 10 s after it has gone idle, so that what is counted now may be long over.
  while (inUse.length > 0 && !inUse.some(({ isSeen }) => isSeen) && performance.now() - began < settleMs) {
    inUse = await watchOnce(servers, run, tables)
  }
  if (inUse.length > 0)
    throw waiting(
      'old names are in use right now',
      inUse.flatMap(({ lines }) => lines),
    )
  const standing = tables.filter(hasOldName)
  const quiet = await readQuiet(servers.session, run)
  const uncounted = standing.filter(
    (table) => quiet.get(table.relation)?.source == null && !isWaived(qualified(oldName(table))),
  )
  if (uncounted.length > 0) throw notCounted(uncounted)
  const loud = tooLoud(standing, quiet, quietMs)
  if (loud.length > 0) throw waiting(`old names have not been quiet for ${formatDuration(quietMs)} yet`, loud)
}

interface InUse {
  /** Was a session seen, or has only a count gone up? */
  readonly isSeen: boolean
  readonly lines: readonly string[]
}

/** Watches the old names for a moment and records what it saw. */
async function watchOnce(servers: Servers, run: number, tables: readonly WatchedName[]): Promise<InUse[]> {
  const { before, after } = await watchUse(servers, tables, { forMs: watchMs, limit: 5 })
  await recordUse(servers.session, run, before)
  await recordUse(servers.session, run, after)
  return tables.flatMap((table): InUse[] => {
    const [first, last] = [before, after].map((list) =>
      list.find(({ relation }) => relation === table.relation),
    )
    const more = (last?.calls ?? 0) - (first?.calls ?? 0)
    const sessions = (last?.sightings ?? []).map(({ line }) => line)
    if (more <= 0 && sessions.length === 0) return []
    const what = more > 0 ? `${more} statements in ${watchMs / 1000} s` : 'in use'
    const lines = [`${qualified(oldName(table))}: ${what}`, ...sessions.map((line) => `  ${line}`)]
    return [{ isSeen: sessions.length > 0, lines }]
  })
}

function tooLoud(
  names: readonly WatchedName[],
  quiet: ReadonlyMap<number, Quiet>,
  quietMs: number,
): string[] {
  if (quietMs === 0) return []
  return names.flatMap((table) => {
    const known = quiet.get(table.relation)?.quietMs ?? null
    if (known !== null && known >= quietMs) return []
    return [
      `${qualified(oldName(table))}: ${known === null ? 'never observed quiet' : `quiet for ${rounded(known)}`}`,
    ]
  })
}

function rounded(ms: number): string {
  const unit = [86_400_000, 3_600_000, 60_000, 1000].find((size) => ms >= size) ?? 1
  return formatDuration(Math.floor(ms / unit) * unit)
}

function notCounted(names: readonly WatchedName[]): MigrateError {
  return waiting(
    'nothing counts the uses of old names, so that nobody knows whether they are quiet',
    names.map((table) => qualified(oldName(table))),
    [
      'migrate plan        says under uses-not-counted which right or setting would let them be counted',
      'or waive uses-not-counted for each of these names in `allow`, with a reason',
    ],
  )
}

function waiting(
  message: string,
  detail: readonly string[],
  next: readonly string[] = [
    'migrate status        shows since when each old name is quiet; every call adds an observation',
    'then run the same command again',
  ],
): MigrateError {
  return new MigrateError('gate-waiting', message, {
    detail,
    state: {
      kind: 'resumable',
      sentence:
        'no old name was dropped and both go on working; functions use the new names by now; rollback of this phase is possible',
    },
    next,
  })
}
