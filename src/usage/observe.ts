import { journalSchema as schema } from '../catalog/names.ts'
import { describeBlocker, readBlockers, type Blocker } from '../catalog/blockers.ts'
import type { Session } from '../pg/session.ts'
import type { Standby } from '../standby/standby.ts'
import type { WatchedName } from './watched-name.ts'

/** A session that was seen using an old name. */
export interface Sighting {
  /** Where it was seen; null is the primary. */
  readonly standby: string | null
  readonly pid: number | null
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
  /** Statements counted by the telltale since it was set; null where there is none. */
  readonly calls: number | null
  readonly sightings: readonly Sighting[]
}

/**
 * Looks who uses the old names now: the telltale counters, and the sessions that hold a lock on a view, which every
 * use takes, cached plans included. Standbys count and lock for themselves; a counter that is missing because its
 * standby is not reached makes the sum change, and so counts as use.
 */
export async function observeUse(
  session: Session,
  tables: readonly WatchedName[],
  standbys: readonly Standby[] = [],
): Promise<Use[]> {
  const switched = tables.flatMap((table) => {
    const at = table.location.view ?? table.location.shell
    return table.location.stand === 'switched' && at !== null ? [{ ...table, at }] : []
  })
  const holders = await readBlockers(
    session,
    switched.map(({ at }) => at),
  )
  const calls = await readCalls(session)
  const elsewhere = await Promise.all(standbys.map((standby) => lookThere(standby, switched)))
  const byView = new Map<string, Sighting[]>()
  for (const holder of holders)
    byView.set(holder.relation, [...(byView.get(holder.relation) ?? []), sighting(holder)])
  const names = new Map(
    (
      await session.query<{ oid: number; name: string }>(
        `select o as oid, o::oid::regclass::text as name from unnest($1::oid[]) o`,
        [switched.map(({ at }) => at)],
      )
    ).map(({ oid, name }) => [oid, name]),
  )
  return switched.map((table) => ({
    relation: table.relation,
    calls: table.location.isWatched
      ? [calls, ...elsewhere.map((there) => there.calls)].reduce(
          (sum, counted) => sum + (counted.get(table.relation) ?? 0),
          0,
        )
      : null,
    sightings: [
      ...(byView.get(names.get(table.at) ?? '') ?? []),
      ...elsewhere.flatMap(({ users }) => users.get(table.relation) ?? []),
    ],
  }))
}

function sighting(holder: Blocker, standby?: Standby): Sighting {
  const { pid, role, application, client, query } = holder
  return {
    standby: standby?.where ?? null,
    pid,
    role,
    application,
    client,
    statement: query,
    isUnqualified: false,
    line: standby?.describe(holder) ?? describeBlocker(holder),
  }
}

/** Use of the old names on one standby, by table. */
async function lookThere(
  standby: Standby,
  switched: readonly { readonly relation: number; readonly at: number }[],
): Promise<{ calls: Map<number, number>; users: Map<number, Sighting[]> }> {
  const users = new Map<number, Sighting[]>()
  for (const { relation, at } of switched) {
    const holders = await standby.holders([at], 0)
    users.set(
      relation,
      holders.map((holder) => sighting(holder, standby)),
    )
  }
  return { calls: await readCalls(standby.session), users }
}

async function readCalls(session: Session): Promise<Map<number, number>> {
  const rows = await session.query<{ relation: number; calls: number }>(
    `select substr(funcname, 9)::oid as relation, calls::float8 as calls from pg_stat_user_functions where funcname ~ '^counted_[0-9]+$'`,
  )
  return new Map(rows.map(({ relation, calls }) => [relation, calls]))
}

/** Keeps the observation, so that later ones can say since when nothing has changed. */
export async function recordUse(session: Session, run: number, seen: readonly Use[]): Promise<void> {
  if (seen.length === 0) return
  const evidence = seen.map((use) => ({
    ...use,
    sightings: use.sightings.filter(({ isUnqualified }) => !isUnqualified),
  }))
  await session.query(
    `insert into ${schema}.usage (run, relation, calls, sightings)
     select $1, (u->>'relation')::oid, (u->>'calls')::float8::bigint, u->'sightings' from jsonb_array_elements($2::jsonb) u
     on conflict do nothing`,
    [run, JSON.stringify(evidence)],
  )
}
