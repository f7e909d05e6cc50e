import type { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import type { Lease } from '../journal/lease.ts'
import type { EventRecorder } from '../journal/recorder.ts'
import type { Transactions } from '../canary/share.ts'
import type { Baseline, Poison, StepRow } from '../journal/rows.ts'
import type { JournalWriter } from '../journal/writer.ts'
import type { Facts, TableFacts } from '../survey/facts.ts'
import type { Workspace } from './workspace.ts'

/** A workspace whose runner holds the lease and may change things. */
export interface Work extends Workspace {
  readonly lease: Lease
  readonly journal: JournalWriter
  readonly run: number
  readonly recorder: EventRecorder
  readonly events: EventStream
  readonly signal: AbortSignal | undefined
  /** Reads the catalogs anew, for steps that look at what earlier ones did. */
  refresh(): Promise<{
    facts: Facts
    tables: readonly TableFacts[]
    baselines: ReadonlyMap<number, Baseline>
    steps: readonly StepRow[]
  }>
  /** What the database had committed when the phase under way was begun, and what was found wrong with it before. */
  readonly before: { transactions?: Transactions; poison?: Poison | null }
  /** @throws MigrateError `interrupted`, `terminated`, `lease-lost` */
  throwIfStopped(where: string): void
}

/** The error for a stop that was asked for (SIGINT, SIGTERM) or forced (the lease was lost). */
export function stopError(signal: AbortSignal, where: string): MigrateError {
  const { reason } = signal as { reason: unknown }
  if (reason instanceof MigrateError) return reason
  return new MigrateError(reason === 'SIGTERM' ? 'terminated' : 'interrupted', `stopped before: ${where}`, {
    state: { kind: 'resumable' },
    next: ['migrate status', 'run the same command again to continue'],
  })
}
