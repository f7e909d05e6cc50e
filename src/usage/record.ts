import { journalSchema as schema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'
import type { Use } from './use.ts'

/**
 * Keeps the observation, so that later ones can say since when nothing has changed. One that found the same as the latest
 * only moves that one's end: the evidence grows by changes and not by looks.
 */
export async function recordUse(session: Session, run: number, seen: readonly Use[]): Promise<void> {
  if (seen.length === 0) return
  const evidence = seen.map((use) => ({
    ...use,
    sightings: use.sightings.filter(({ isUnqualified }) => !isUnqualified),
  }))
  await session.query(
    `with seen as (
       select s.*, ${users('s.sightings')} as users
         from jsonb_to_recordset($2::jsonb) s (relation oid, source text, epoch text, calls bigint, sightings jsonb)),
     latest as (
       select distinct on (relation) relation, observed_at, source, epoch, calls, ${users('sightings')} as users
         from ${schema}.usage where run = $1 order by relation, observed_at desc),
     same as (
       update ${schema}.usage u set last_at = clock_timestamp(), sightings = s.sightings
         from seen s join latest l using (relation)
        where u.run = $1 and u.relation = l.relation and u.observed_at = l.observed_at
          and (l.source, l.epoch, l.calls, l.users) is not distinct from (s.source, s.epoch, s.calls, s.users)
        returning u.relation)
     insert into ${schema}.usage (run, relation, source, epoch, calls, sightings)
     select $1, relation, source, epoch, calls, sightings from seen where relation not in (select relation from same)
     on conflict do nothing`,
    [run, JSON.stringify(evidence)],
  )
}

/** Who was seen, whatever their statements and sessions were. */
function users(sightings: string): string {
  return `(select jsonb_agg(distinct jsonb_build_array(x->'standby', x->'role', x->'application', x->'client'))
             from jsonb_array_elements(${sightings}) x)`
}
