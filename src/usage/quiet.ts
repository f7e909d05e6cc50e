import { journalSchema as schema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'
import type { Counting } from './use.ts'

/** What the recorded observations say of one old name. */
export interface Quiet {
  readonly relation: number
  /** What has counted the uses in that time; null when nothing has, and quiet means no more than that nobody was seen. */
  readonly source: Counting | null
  /** For how long nothing has shown a use, ms; null when it has never been observed. */
  readonly quietMs: number | null
  /** The first observation; nothing is known of the time before. */
  readonly since: Date
  /** The observation that told of the latest use; null when none has. */
  readonly lastUsedAt: Date | null
}

/**
 * Since when each old name is quiet: the earliest observation from which on the count has not moved and nobody was
 * seen. What happened before the first observation is not known and counts as use, and so does what happened before a
 * count that was lost, by a crash, a reset, or a standby that could not be reached.
 */
export async function readQuiet(session: Session, run: number): Promise<Map<number, Quiet>> {
  const rows = await session.query<Quiet>(
    `with latest as (
       select distinct on (relation) relation, source, epoch, calls
         from ${schema}.usage where run = $1 order by relation, observed_at desc),
     seen as (
       select u.relation, u.observed_at, u.last_at, l.source,
              u.sightings <> '[]' as "isSeen",
              (u.source, u.epoch, u.calls) is not distinct from (l.source, l.epoch, l.calls) and u.sightings = '[]' as "isQuiet",
              u.calls > lag(u.calls) over (partition by u.relation, u.source, u.epoch order by u.observed_at) as "isMore"
         from ${schema}.usage u join latest l using (relation) where u.run = $1),
     used as (
       select relation, max(last_at) as at from seen where not "isQuiet" group by relation)
     select s.relation, s.source,
            (extract(epoch from clock_timestamp() - min(s.observed_at) filter (where u.at is null or s.observed_at > u.at)) * 1000)::float8 as "quietMs",
            min(s.observed_at) as since,
            greatest(max(s.last_at) filter (where s."isSeen"), max(s.observed_at) filter (where s."isMore")) as "lastUsedAt"
       from seen s left join used u using (relation)
      group by s.relation, s.source`,
    [run],
  )
  return new Map(rows.map((row) => [row.relation, row]))
}
