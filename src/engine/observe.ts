import type { EventStream } from '../events/stream.ts'
import { openStandbys } from '../standby/standby.ts'
import type { Session } from '../pg/session.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import type { TableFacts } from '../survey/facts.ts'
import { lookoutsFrom } from '../usage/attempts.ts'
import { recordUse } from '../usage/record.ts'
import type { Use } from '../usage/use.ts'
import {
  chooseOldNames,
  describeOldNames,
  type OldNameChoice,
  type OldNameStatus,
} from '../usage/old-names.ts'
import { SeenSessions, watchUse } from '../usage/watch.ts'
import { survey, type Workspace } from './workspace.ts'

/** One observation of the journal for as much time; the counters of a busy server come once a second. */
const sliceMs = 2_500
const usersInSlice = 20

export interface ObserveRequest extends OldNameChoice {
  readonly forMs: number
}

export interface Observation {
  readonly ms: number
  /** Is what was seen in the journal? */
  readonly isKept: boolean
  readonly oldNames: readonly ObservedName[]
}

export interface ObservedName extends OldNameStatus {
  /** Uses counted while it was watched; null where nothing counts. */
  readonly counted: number | null
}

/**
 * Watches for a time who uses old names, on the primary and on the plan’s standbys, and keeps what it saw as evidence.
 * @throws MigrateError `phase-not-run`, `usage-invalid`
 */
export async function observe(
  workspace: Workspace,
  request: ObserveRequest,
  { events, signal }: { events: EventStream; signal: AbortSignal },
): Promise<Observation> {
  const { plan, target, session } = workspace
  const now = await survey(workspace)
  const tables = chooseOldNames(now.facts.tables, request)
  const run = now.journal!.run.id
  await using elsewhere = await openStandbys(plan.databases[target.alias]!.standbys, `${plan.name}/observe`)
  const subject = `${tables.length} old ${tables.length === 1 ? 'name' : 'names'} watched`
  const began = performance.now()
  let isKept = true
  let first: readonly Use[] | undefined
  let last: readonly Use[] = []
  const sessions = new SeenSessions()
  for (let leftMs = request.forMs; leftMs > 0; leftMs = request.forMs - (performance.now() - began)) {
    events.emit({ type: 'countdown', subject, leftMs, seen: sessions.count })
    const slice = await watchUse({ session, standbys: elsewhere.standbys }, tables, {
      forMs: Math.min(leftMs, sliceMs),
      limit: usersInSlice,
      lookouts: await lookoutsFrom(session, elsewhere.standbys),
      signal,
    })
    first ??= slice.before
    last = slice.after
    for (const { relation, sightings } of last) sessions.add(relation, sightings)
    isKept = isKept && (await keep(session, run, last, events))
    if (signal.aborted) break
  }
  events.emit({ type: 'countdown', subject, leftMs: 0, seen: sessions.count })
  const counted = new Map(tables.map((table) => [table.relation, more(table, first ?? [], last)]))
  const all = last.map((use) => ({
    ...use,
    // Where nothing was counted, the name alone meant something else.
    sightings: sessions
      .of(use.relation)
      .filter(({ isUnqualified }) => !isUnqualified || counted.get(use.relation) !== 0),
  }))
  const oldNames = await describeOldNames(session, run, tables, all)
  return {
    ms: performance.now() - began,
    isKept,
    oldNames: oldNames.map((old, index) => ({
      ...old,
      counted: counted.get(tables[index]!.relation) ?? null,
    })),
  }
}

/** A role that may only read watches all the same; its observation is then no evidence for contract. */
async function keep(
  session: Session,
  run: number,
  seen: readonly Use[],
  events: EventStream,
): Promise<boolean> {
  try {
    await recordUse(session, run, seen)
    return true
  } catch (error) {
    if (stateOf(error) !== sqlstate.insufficientPrivilege) throw error
    const text = 'this role may not write the journal: what is seen is shown and not kept'
    events.emit({ type: 'notice', level: 'warning', text })
    return false
  }
}

function more({ relation }: TableFacts, first: readonly Use[], last: readonly Use[]): number | null {
  const [before, after] = [first, last].map((uses) => uses.find((use) => use.relation === relation)?.calls)
  return before == null || after == null ? null : after - before
}
