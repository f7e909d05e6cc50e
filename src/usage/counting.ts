import { stageSchema } from '../catalog/names.ts'
import { tracksAll } from '../catalog/way-of-counting.ts'
import type { Session } from '../pg/session.ts'
import { readStatementUses } from './statement-uses.ts'
import type { Counters, Counting, Servers, Use } from './use.ts'
import type { WatchedName } from './watched-name.ts'

/**
 * Reads the counters of those names whose telltale counts in every session: since it turns that on itself, or since the
 * server does for everyone. A crash loses all statistics and a clean restart none; the time that pg_stat_archiver began
 * tells the two apart (manual, chapter 28.2).
 */
export async function readCounters(session: Session, relations: readonly number[]): Promise<Counters> {
  const { epoch } = await session.one<{ epoch: string }>(
    `select format('%s/%s', extract(epoch from a.stats_reset), extract(epoch from d.stats_reset)) as epoch
       from pg_stat_archiver a cross join pg_stat_database d where d.datname = current_database()`,
  )
  const rows = await session.query<{ relation: number; calls: number }>(
    `select w.relation, coalesce(f.calls, 0)::float8 as calls
       from unnest($1::oid[]) w (relation)
       join pg_namespace n on n.nspname = $2
       join pg_proc telltale on telltale.pronamespace = n.oid and telltale.proname = 'used_' || w.relation and telltale.pronargs = 0
       join pg_proc counter on counter.pronamespace = n.oid and counter.proname = 'counted_' || w.relation and counter.pronargs = 0
       left join pg_stat_user_functions f on f.funcid = counter.oid
      where 'track_functions=pl' = any(telltale.proconfig) or ${tracksAll}`,
    [relations, stageSchema],
  )
  return { calls: new Map(rows.map(({ relation, calls }) => [relation, calls])), epoch }
}

/**
 * Counts the uses of the old names on all servers: by the telltales where they count everywhere, else by
 * pg_stat_statements. A name that neither counts is not in the answer.
 */
export async function countUses(
  { session, standbys }: Servers,
  names: readonly WatchedName[],
): Promise<Map<number, Pick<Use, 'source' | 'calls' | 'epoch'>>> {
  const sessions = [session, ...standbys.map((standby) => standby.session)]
  const watched = names.filter(({ location }) => location.isWatched).map(({ relation }) => relation)
  const counters = await Promise.all(sessions.map((each) => readCounters(each, watched)))
  const counted = summed('counter', counters)
  const rest = names.filter(({ relation }) => !counted.has(relation))
  if (rest.length === 0) return counted
  const statements = await Promise.all(sessions.map((each) => readStatementUses(each, rest)))
  const usable = statements.filter((each): each is Counters => !('missing' in each))
  return usable.length < statements.length ? counted : new Map([...counted, ...summed('statements', usable)])
}

/** A name is counted only where every server counts it. */
function summed(
  source: Counting,
  servers: readonly Counters[],
): Map<number, Pick<Use, 'source' | 'calls' | 'epoch'>> {
  const epoch = servers.map((server) => server.epoch).join(' ')
  const relations = [...(servers[0]?.calls.keys() ?? [])].filter((relation) =>
    servers.every(({ calls }) => calls.has(relation)),
  )
  return new Map(
    relations.map((relation) => [
      relation,
      { source, epoch, calls: servers.reduce((sum, { calls }) => sum + calls.get(relation)!, 0) },
    ]),
  )
}
