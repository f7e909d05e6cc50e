import type { Session } from '../pg/session.ts'
import type { Standby } from '../standby/standby.ts'

/** What can count every use of an old name. */
export type Counting = 'counter' | 'statements'

/** A session that was seen using an old name. */
export interface Sighting {
  /** Where it was seen; null is the primary. */
  readonly standby: string | null
  readonly pid: number | null
  readonly startedAt: string | null
  readonly role: string | null
  readonly application: string
  readonly client: string | null
  readonly statement: string
  /** By the name without its schema: whether the old one is meant depends on the search_path. Never evidence. */
  readonly isUnqualified: boolean
  /** All of it in words. */
  readonly line: string
}

/** Use of one old name as seen at one moment. */
export interface Use {
  readonly relation: number
  /** What counts the uses; null where nothing does. */
  readonly source: Counting | null
  /** Uses counted; null where nothing counts. */
  readonly calls: number | null
  /** Since when they are counted; counts of two epochs cannot be compared. */
  readonly epoch: string
  readonly sightings: readonly Sighting[]
}

/** Where uses are looked for: the primary, and standbys, which count and lock for themselves. */
export interface Servers {
  readonly session: Session
  readonly standbys: readonly Standby[]
}

/** The counts of one server. */
export interface Counters {
  /** Uses by the OID of what has moved; one that is not here is not counted, or not in every session. */
  readonly calls: ReadonlyMap<number, number>
  /** Since when the server's counts have not been lost or reset. */
  readonly epoch: string
}
