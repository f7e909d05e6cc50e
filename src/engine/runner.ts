import { endOrphans } from '../backup/dumpers.ts'
import { readBaselines } from './baseline.ts'
import { userInfo } from 'node:os'
import type { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { Lease } from '../journal/lease.ts'
import { EventRecorder } from '../journal/recorder.ts'
import type { MappingRow } from '../journal/rows.ts'
import { JournalWriter } from '../journal/writer.ts'
import { toolVersion } from '../version.ts'
import { inOwnWords } from './failure.ts'
import { giveBackOwn } from './leftovers.ts'
import { resumeLeftovers } from './pooler.ts'
import { carryPrivileges } from './privileges.ts'
import { stopError, type Work } from './work.ts'
import { survey, type Survey, type Workspace } from './workspace.ts'

export interface RunnerOptions {
  readonly events: EventStream
  readonly signal?: AbortSignal
  /** How long to wait for another holder of the lease, ms. */
  readonly waitMs: number
  readonly activity: string
}

/**
 * Takes the lease, then does `use` with everything it needs to change things; the lease is given back at the end,
 * whatever happens. Begins a run in the journal when the plan has none.
 */
export async function withLease<T>(
  workspace: Workspace,
  options: RunnerOptions,
  use: (work: Work) => Promise<T>,
): Promise<T> {
  return inOwnWords(workspace, () => leased(workspace, options, use))
}

async function leased<T>(
  workspace: Workspace,
  options: RunnerOptions,
  use: (work: Work) => Promise<T>,
): Promise<T> {
  const { events, signal, waitMs, activity } = options
  const stop = new AbortController()
  const forward = (): void => stop.abort(signal?.reason)
  signal?.addEventListener('abort', forward, { once: true })
  if (signal?.aborted === true) forward()
  const onLost = (reason: string): void => stop.abort(leaseLost(reason))
  const onWait = (holder: string): void => events.emit({ type: 'lease:wait', holder })
  await using lease = await Lease.take(workspace.target, workspace.plan.name, {
    activity,
    waitMs,
    onWait,
    onLost,
  })
  events.emit({ type: 'lease:taken', epoch: lease.epoch })
  try {
    const journal = new JournalWriter(workspace.session, lease)
    await giveBackOwn(workspace, events)
    const current = await survey(workspace)
    const run = current.journal?.run.id ?? (await beginRun(workspace, journal, current))
    await endOrphans(workspace.session, workspace.plan.name, true)
    const began = performance.now()
    using recorder = new EventRecorder(events, journal, run)
    const work: Work = {
      ...workspace,
      lease,
      journal,
      run,
      events,
      signal: stop.signal,
      async refresh() {
        const now = await survey(workspace)
        const baselines = new Map(
          (now.journal?.mappings ?? []).map(({ relation, baseline }) => [relation, baseline]),
        )
        return { facts: now.facts, tables: now.facts.tables, baselines, steps: now.journal?.steps ?? [] }
      },
      throwIfStopped(where) {
        if (stop.signal.aborted) throw stopError(stop.signal, where)
      },
      recorder,
      before: {},
    }
    events.emit({
      type: 'run:start',
      plan: workspace.plan.name,
      hash: workspace.plan.hash,
      run,
      command: activity,
    })
    try {
      await resumeLeftovers(work)
      if (current.journal !== undefined) await carryPrivileges(work, current.facts, lease.fence, events)
      const result = await use(work)
      events.emit({ type: 'run:end', outcome: 'done', ms: performance.now() - began })
      return result
    } catch (error) {
      events.emit({
        type: 'run:end',
        outcome: stop.signal.aborted ? 'stopped' : 'failed',
        ms: performance.now() - began,
      })
      throw error
    } finally {
      await recorder.flush().catch(() => undefined)
    }
  } finally {
    signal?.removeEventListener('abort', forward)
  }
}

async function beginRun(
  { plan, server, session }: Workspace,
  journal: JournalWriter,
  { facts, phases }: Survey,
): Promise<number> {
  const baselines = await readBaselines(
    session,
    facts.tables.map(({ relation }) => relation),
  )
  return journal.beginRun({
    plan: plan.name,
    hash: plan.hash,
    structure: plan.structure,
    systemIdentifier: server.systemIdentifier,
    databaseOid: server.databaseOid,
    databaseName: server.database,
    toolVersion,
    beganBy: `${userInfo().username} as ${server.user}`,
    phases: phases.map(({ number, name, kind }) => ({ number, name, kind })),
    objects: [...facts.resolved.objects],
    mappings: facts.tables.map((table): MappingRow => ({
      relation: table.relation,
      service: table.service,
      name: table.name,
      source: table.source,
      target: table.target,
      compat: table.compat,
      family: table.family,
      isAdopted: false,
      baseline: baselines.get(table.relation)!,
    })),
  })
}

function leaseLost(reason: string): MigrateError {
  return new MigrateError('lease-lost', `the lease was lost: ${reason}`, {
    state: { kind: 'resumable' },
    next: ['migrate status', 'run the same command again to continue'],
  })
}
