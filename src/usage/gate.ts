import { MigrateError } from '../errors/migrate-error.ts'
import { formatDuration } from '../plan/duration.ts'
import { qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { Standby } from '../standby/standby.ts'
import { oldName } from '../steps/names.ts'
import type { WatchedName } from './watched-name.ts'
import { recordUse } from './observe.ts'
import { readQuiet } from './quiet.ts'
import { watchUse } from './watch.ts'

/** Long enough for the statistics of busy sessions to arrive (they are sent at most once a second). */
const watchMs = 2_500
const settleMs = 14_000

/**
 * Lets contract go on only when the evidence says that the old names are not used: not in the next moments, and not
 * for the plan's quiet period.
 * @throws MigrateError `gate-waiting` with who or what still uses them
 */
export async function awaitQuietNames(
  session: Session,
  run: number,
  tables: readonly WatchedName[],
  quietMs: number,
  standbys: readonly Standby[] = [],
): Promise<void> {
  const began = performance.now()
  let inUse = await watchOnce(session, run, tables, standbys)
  // A session sends its counts up to 10 s after it has gone idle, so that what is counted now may be long over.
  while (inUse.length > 0 && !inUse.some(({ isSeen }) => isSeen) && performance.now() - began < settleMs) {
    inUse = await watchOnce(session, run, tables, standbys)
  }
  if (inUse.length > 0)
    throw waiting(
      'old names are in use right now',
      inUse.flatMap(({ lines }) => lines),
    )
  const loud = await tooLoud(session, run, tables, quietMs)
  if (loud.length > 0) throw waiting(`old names have not been quiet for ${formatDuration(quietMs)} yet`, loud)
}

interface InUse {
  /** Was a session seen, or has only a count gone up? */
  readonly isSeen: boolean
  readonly lines: readonly string[]
}

/** Watches the old names for a moment and records what it saw. */
async function watchOnce(
  session: Session,
  run: number,
  tables: readonly WatchedName[],
  standbys: readonly Standby[],
): Promise<InUse[]> {
  const { before, after } = await watchUse(session, tables, standbys, { forMs: watchMs, limit: 5 })
  await recordUse(session, run, before)
  await recordUse(session, run, after)
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

async function tooLoud(
  session: Session,
  run: number,
  tables: readonly WatchedName[],
  quietMs: number,
): Promise<string[]> {
  if (quietMs === 0) return []
  const quiet = await readQuiet(session, run)
  return tables
    .filter(({ location }) => location.stand === 'switched')
    .flatMap((table) => {
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

function waiting(message: string, detail: readonly string[]): MigrateError {
  return new MigrateError('gate-waiting', message, {
    detail,
    state: {
      kind: 'resumable',
      sentence:
        'no old name was dropped and both go on working; functions use the new names by now; rollback of this phase is possible',
    },
    next: [
      'migrate status        shows since when each old name is quiet; every call adds an observation',
      'then run the same command again',
    ],
  })
}
