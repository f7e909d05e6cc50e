import { journalSchema as schema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'

/** What the recorded observations say of one old name. */
export interface Quiet {
  readonly relation: number
  /** For how long nothing has shown a use, ms; null when it has never been observed. */
  readonly quietMs: number | null
  /** The first observation; nothing is known of the time before. */
  readonly since: Date
  /** The observation that told of the latest use; null when none has. */
  readonly lastUsedAt: Date | null
}

/**
 * Since when each old name is quiet: the earliest observation from which on the counter has not moved and nobody was
 * seen. What happened before the first observation is not known and counts as use.
 */
export async function readQuiet(session: Session, run: number): Promise<Map<number, Quiet>> {
  const rows = await session.query<Quiet>(
    `with seen as (
       select u.*, last_value(calls) over w as final,
              calls is distinct from lag(calls, 1, calls) over (partition by relation order by observed_at) as moved
         from ${schema}.usage u where run = $1
       window w as (partition by relation order by observed_at rows between unbounded preceding and unbounded following)),
     used as (
       select relation, max(observed_at) as at from seen
        where calls is distinct from final or sightings <> '[]' group by relation)
     select s.relation,
            (extract(epoch from clock_timestamp() - min(s.observed_at) filter (where u.at is null or s.observed_at > u.at)) * 1000)::float8 as "quietMs",
            min(s.observed_at) as since, max(s.observed_at) filter (where s.moved or s.sightings <> '[]') as "lastUsedAt"
       from seen s left join used u using (relation)
      group by s.relation`,
    [run],
  )
  return new Map(rows.map((row) => [row.relation, row]))
}
