import { basename } from 'node:path'
import type { Backup } from './manifest.ts'
import { scopeLabel } from './scope.ts'

/** How many backups of each scope are kept, and how old they may become; undefined sets no limit. */
export interface Retention {
  readonly keep: number | undefined
  readonly maxAgeMs: number | undefined
}

export interface Verdict {
  readonly backup: Backup
  readonly bytes: number
  readonly isRemoved: boolean
  /** Why it goes, or why it stays although a limit says otherwise. */
  readonly reason: string
}

/** What retention is told about the world. */
export interface Surroundings {
  readonly now: Date
  /** Names of backups that the way back of a run may need. */
  readonly needed: ReadonlySet<string>
  /** Are its files as they were written? */
  isGood(backup: Backup): Promise<boolean>
  /** What its last drill said; undefined where there was none. */
  drilled(backup: Backup): boolean | undefined
}

/**
 * Judges the backups that are beyond a limit, given newest first. The newest good one of each scope stays whatever its
 * age, and so does one that a run needs. Backups of two databases are never of one scope, whatever their plans are called.
 */
export async function judge(
  backups: readonly Backup[],
  { keep, maxAgeMs }: Retention,
  { now, needed, isGood, drilled }: Surroundings,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const ofScope of scopes(backups)) {
    const limits = ofScope.map((backup, position) => {
      const age = now.getTime() - Date.parse(backup.manifest.startedAt)
      if (keep !== undefined && position >= keep) return `${position} newer ones of its scope`
      if (maxAgeMs !== undefined && age > maxAgeMs) return `${Math.floor(age / DAY_MS)} days old`
      return undefined
    })
    if (limits.every((limit) => limit === undefined)) continue
    const newestGood = await firstGood(provenFirst(ofScope, drilled), isGood)
    ofScope.forEach((backup, position) => {
      const limit = limits[position]
      if (limit === undefined) return
      const held = needed.has(basename(backup.path))
        ? 'a run that stands may need it'
        : backup === newestGood
          ? drilled(backup) === false
            ? 'its drill failed, and no other one of its scope is good'
            : 'the newest good one of its scope'
          : undefined
      verdicts.push({ backup, bytes: sizeOf(backup), isRemoved: held === undefined, reason: held ?? limit })
    })
  }
  return verdicts
}

export function sizeOf({ manifest }: Backup): number {
  return manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
}

function scopes(backups: readonly Backup[]): Backup[][] {
  const groups = new Map<string, Backup[]>()
  for (const backup of backups) {
    const { scope, server } = backup.manifest
    const label = [scopeLabel(scope), server.systemIdentifier, server.databaseOid].join(' ')
    groups.set(label, [...(groups.get(label) ?? []), backup])
  }
  return [...groups.values()]
}

/** Those that a drill has shown to restore come first; of which it has shown that they do not, last: better than none. */
function provenFirst(backups: readonly Backup[], drilled: Surroundings['drilled']): Backup[] {
  const of = (outcome: boolean | undefined): Backup[] =>
    backups.filter((backup) => drilled(backup) === outcome)
  return [...of(true), ...of(undefined), ...of(false)]
}

/** Only as many are looked at as it takes: each look reads every byte of a backup. */
async function firstGood(
  backups: readonly Backup[],
  isGood: Surroundings['isGood'],
): Promise<Backup | undefined> {
  for (const backup of backups) if (await isGood(backup)) return backup
  return undefined
}

const DAY_MS = 24 * 3_600_000
