import type { RollbackTarget } from '../../src/engine/rollback.ts'
import type { ScreamRequest } from '../../src/engine/scream.ts'
import type { PlanSketch } from '../support/plan.ts'

/** What a child process is told to do, and when to die. */
export interface Job {
  readonly url: string
  readonly sketch: PlanSketch
  readonly command:
    | { readonly execute: readonly number[] }
    | { readonly rollback: RollbackTarget }
    | { readonly scream: ScreamRequest }
  readonly waitMs?: number
  readonly kill?: Death
}

/**
 * `event`: as the nth event of the stream is emitted. `before` and `after`: just before the nth statement that is
 * not a mere read is sent, or just after it has gone to the server, whose answer is never read.
 */
export interface Death {
  readonly at: 'event' | 'before' | 'after'
  readonly number: number
}

/** What a child that lived to its end tells. */
export interface Report {
  readonly error?: { readonly code: string; readonly message: string; readonly exitCode: number }
  readonly events: number
  readonly writes: number
}

/** From the child: ready for a job; each event as it happens; the end. */
export type FromChild =
  { kind: 'ready' } | { kind: 'event'; type: string; text: string } | ({ kind: 'end' } & Report)
