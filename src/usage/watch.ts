import { setTimeout as sleep } from 'node:timers/promises'
import type { WatchedName } from './watched-name.ts'
import { readAttempts, type Lookout } from './attempts.ts'
import { observeUse, seeUse } from './observe.ts'
import type { Servers, Sighting, Use } from './use.ts'

const sampleEveryMs = 50

/** What was seen of the old names from one moment to another. */
export interface Watched {
  readonly before: readonly Use[]
  /** The counters at the end, with everyone who was seen in between. */
  readonly after: readonly Use[]
}

/** Looks at the old names again and again for `forMs`, or until the signal. */
export async function watchUse(
  servers: Servers,
  tables: readonly WatchedName[],
  {
    forMs,
    limit,
    lookouts = [],
    signal,
  }: {
    forMs: number
    limit: number
    /** Where statements that name an old name are looked for, too. */
    lookouts?: readonly Lookout[]
    signal?: AbortSignal
  },
): Promise<Watched> {
  const before = await observeUse(servers, tables)
  const seen = new SeenSessions()
  const began = performance.now()
  while (performance.now() - began < forMs && signal?.aborted !== true) {
    for (const [relation, sightings] of await seeUse(servers, tables)) seen.add(relation, sightings)
    for (const lookout of lookouts) {
      for (const attempt of await readAttempts(lookout, tables)) seen.add(attempt.relation, [attempt])
    }
    await sleep(sampleEveryMs)
  }
  const after = (await observeUse(servers, tables)).map((use) => ({
    ...use,
    sightings: seen.of(use.relation).slice(0, limit),
  }))
  return { before, after }
}

/** Sessions by table, each with each of its statements once. */
export class SeenSessions {
  readonly #byRelation = new Map<number, Map<string, Sighting>>()

  add(relation: number, sightings: readonly Sighting[]): void {
    const known = this.#byRelation.get(relation) ?? new Map<string, Sighting>()
    this.#byRelation.set(relation, known)
    for (const sighting of sightings) {
      const { standby, pid, statement } = sighting
      known.set(JSON.stringify([standby, pid, statement]), sighting)
    }
  }

  get count(): number {
    return [...this.#byRelation.values()].reduce((sum, { size }) => sum + size, 0)
  }

  of(relation: number): Sighting[] {
    return [...(this.#byRelation.get(relation)?.values() ?? [])]
  }
}
