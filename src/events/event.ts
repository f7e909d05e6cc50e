/** Everything the tool has to say while it works; readers (terminal, JSON lines, journal) choose what to show. */
export type MigrateEvent =
  | { type: 'run:start'; plan: string; hash: string; run: number; command: string }
  | { type: 'run:end'; outcome: 'done' | 'failed' | 'stopped'; ms: number }
  | { type: 'lease:wait'; holder: string }
  | { type: 'lease:taken'; epoch: number }
  | { type: 'phase:start'; phase: number; name: string; direction: Direction; steps: number }
  | { type: 'phase:skip'; phase: number; name: string; reason: string }
  | { type: 'phase:end'; phase: number; name: string; direction: Direction; ms: number }
  | { type: 'step:start'; phase: number; step: string; summary: string; direction: Direction }
  | { type: 'step:skip'; phase: number; step: string; reason: string }
  | { type: 'step:end'; phase: number; step: string; ms: number; direction: Direction }
  | { type: 'action:start'; step: string; action: string; sentence: string; sql?: readonly string[] }
  | {
      type: 'action:retry'
      step: string
      action: string
      attempt: number
      reason: string
      waitMs: number
      blockers: readonly string[]
    }
  | { type: 'action:end'; step: string; action: string; ms: number; attempts: number; stallMs?: number }
  | {
      type: 'progress'
      subject: string
      done: number
      total: number
      unit: string
      rate: number
      etaMs: number | null
    }
  | {
      /** Something is watched for a time; `seen` counts what was seen so far. */
      type: 'countdown'
      subject: string
      leftMs: number
      seen: number
    }
  | { type: 'probe:start'; probe: string }
  | { type: 'probe:end'; probe: string; ok: boolean; findings: number }
  | {
      /** What the runner’s own statements lived through during a switch. */
      type: 'canary:end'
      step: string
      statements: number
      failed: number
      longestMs: number
      heldUpMs: number
      capMs: number
      /** The name that was held up longest. */
      by: string | null
    }
  | { type: 'notice'; level: 'info' | 'warning'; text: string }

export type Direction = 'do' | 'undo'

export type EventOf<T extends MigrateEvent['type']> = Extract<MigrateEvent, { type: T }>
