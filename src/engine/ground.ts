import { MigrateError } from '../errors/migrate-error.ts'
import type { EventStream } from '../events/stream.ts'
import { readJournalState } from '../journal/install.ts'
import { Lease } from '../journal/lease.ts'
import type { Ground } from '../restore/locked.ts'
import { takeTurn } from '../restore/turn.ts'
import { giveBackOwn } from './leftovers.ts'
import { carryPrivileges } from './privileges.ts'
import { stopError } from './work.ts'
import { survey, type Workspace } from './workspace.ts'

export interface RestoreOptions {
  readonly events: EventStream
  readonly signal: AbortSignal | undefined
  readonly waitMs: number
}

/** Keeps runs of the plan and other restores away while tables are restored; without a journal there are no runs. */
export async function withGround<T>(
  workspace: Workspace,
  activity: string,
  { events, signal, waitMs }: RestoreOptions,
  use: (ground: Ground) => Promise<T>,
): Promise<T> {
  const { plan, target, server, session } = workspace
  const { stallBudgetMs, lockRetryMs } = plan.defaults
  const stop = new AbortController()
  const forward = (): void => stop.abort(stopError(signal!, activity))
  signal?.addEventListener('abort', forward, { once: true })
  if (signal?.aborted === true) forward()
  const ground = { session, server, stallBudgetMs, lockRetryMs, fence: undefined, signal: stop.signal }
  const inTurn = (fence?: string): Promise<T> =>
    takeTurn(session, Math.max(waitMs, lockRetryMs), () => use({ ...ground, fence }))
  try {
    if ((await readJournalState(session)) === 'missing') return await inTurn()
    await using lease = await Lease.take(target, plan.name, {
      activity,
      waitMs,
      onWait: (holder) => events.emit({ type: 'lease:wait', holder }),
      onLost: (reason) => stop.abort(leaseLost(reason)),
    })
    await giveBackOwn(workspace, events)
    const { journal, facts } = await survey(workspace)
    if (journal !== undefined) await carryPrivileges(workspace, facts, lease.fence, events)
    return await inTurn(lease.fence)
  } finally {
    signal?.removeEventListener('abort', forward)
  }
}

function leaseLost(reason: string): MigrateError {
  return new MigrateError('lease-lost', `the lease was lost: ${reason}`, {
    state: { kind: 'rolled-back', sentence: 'nothing was changed' },
    next: ['migrate status', 'run the same command again'],
  })
}
