import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStream } from '../events/stream.ts'
import type { TableFacts } from '../survey/facts.ts'
import { readAttempts, type Attempt, type Lookout } from './attempts.ts'

/** Sessions that last for one statement are there for some milliseconds. */
const sampleEveryMs = 25

/** Who was seen trying an old name: sessions of one role, application and address. */
export interface Trier {
  readonly standby: string | null
  readonly role: string | null
  readonly application: string
  readonly client: string | null
  /** Is not stopped by missing privileges. */
  readonly isSuperuser: boolean
  /** Only statements without the schema were seen, which may have meant something else. */
  readonly isUnqualified: boolean
  /** Statements seen; there may have been more. */
  readonly seen: number
  readonly lastAt: Date
  readonly statement: string
}

/** Collects attempts on old names for `forMs`, or until `isOver`, and tells how much time is left. */
export async function listen(
  tables: readonly TableFacts[],
  servers: readonly Lookout[],
  { forMs, events, isOver }: { forMs: number; events: EventStream; isOver: () => boolean },
): Promise<Attempt[]> {
  const attempts = new Map<string, Attempt>()
  const subject = `${tables.length} old ${tables.length === 1 ? 'name' : 'names'} without privileges`
  const began = performance.now()
  for (let isLast = false; !isLast;) {
    const leftMs = Math.max(0, forMs - (performance.now() - began))
    isLast = leftMs === 0 || isOver()
    for (const found of await Promise.all(servers.map((server) => lookAt(server, tables)))) {
      for (const attempt of found)
        attempts.set(JSON.stringify([attempt.standby, attempt.pid, attempt.at, attempt.relation]), attempt)
    }
    events.emit({ type: 'countdown', subject, leftMs: isLast ? 0 : leftMs, seen: attempts.size })
    if (!isLast) await sleep(Math.min(sampleEveryMs, leftMs))
  }
  return [...attempts.values()]
}

/** A standby that is lost in the middle is not seen any more; the primary must be. */
async function lookAt(server: Lookout, tables: readonly TableFacts[]): Promise<Attempt[]> {
  if (server.standby === undefined) return readAttempts(server, tables)
  return readAttempts(server, tables).catch(() => [])
}

/** Attempts by whoever made them, the most frequent first. */
export function triers(attempts: readonly Attempt[]): Trier[] {
  const found = new Map<string, Trier>()
  for (const { standby, role, application, client, isSuperuser, at, statement, ...attempt } of attempts) {
    const key = JSON.stringify([standby, role, application, client])
    const known = found.get(key)
    const seen = (known?.seen ?? 0) + 1
    const isUnqualified = attempt.isUnqualified && (known?.isUnqualified ?? true)
    found.set(key, {
      standby,
      role,
      application,
      client,
      isSuperuser,
      isUnqualified,
      seen,
      lastAt: at,
      statement,
    })
  }
  return [...found.values()].sort((a, b) => b.seen - a.seen)
}
