import { describeBlocker, readBlockers, type Blocker } from '../catalog/blockers.ts'
import type { Standby } from '../standby/standby.ts'
import { countUses } from './counting.ts'
import type { Servers, Sighting, Use } from './use.ts'
import { hasOldName, type WatchedName } from './watched-name.ts'

/**
 * Looks who uses the old names now: the telltales' counters, pg_stat_statements where a name has none, and the sessions
 * that hold a lock on what stands there, which every use takes, cached plans included. A standby that cannot be reached
 * makes the epoch another one, and so counts as use.
 */
export async function observeUse(servers: Servers, names: readonly WatchedName[]): Promise<Use[]> {
  const standing = names.filter(hasOldName)
  const sightings = await seeUse(servers, standing)
  const counts = await countUses(servers, standing)
  return standing.map(({ relation }) => ({
    relation,
    ...(counts.get(relation) ?? { source: null, calls: null, epoch: '' }),
    sightings: sightings.get(relation) ?? [],
  }))
}

/** Who holds a lock on what stands at the old names, at this moment. */
export async function seeUse(
  { session, standbys }: Servers,
  names: readonly WatchedName[],
): Promise<Map<number, Sighting[]>> {
  const at = new Map(names.filter(hasOldName).map((name) => [standsAt(name), name.relation]))
  const found = new Map<number, Sighting[]>()
  const add = (holder: Blocker, standby?: Standby): void => {
    const relation = at.get(holder.oid)!
    found.set(relation, [...(found.get(relation) ?? []), sighting(holder, standby)])
  }
  for (const holder of await readBlockers(session, [...at.keys()])) add(holder)
  for (const standby of standbys)
    for (const holder of await standby.holders([...at.keys()], 0)) add(holder, standby)
  return found
}

function standsAt({ location }: WatchedName): number {
  return (location.view ?? location.shell)!
}

function sighting(holder: Blocker, standby?: Standby): Sighting {
  const { pid, startedAt, role, application, client, query } = holder
  return {
    standby: standby?.where ?? null,
    pid,
    startedAt,
    role,
    application,
    client,
    statement: query,
    isUnqualified: false,
    line: standby?.describe(holder) ?? describeBlocker(holder),
  }
}
