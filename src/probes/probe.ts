import type { EventStream } from '../events/stream.ts'
import type { Baseline } from '../journal/rows.ts'
import type { Session } from '../pg/session.ts'
import type { Plan } from '../plan/plan.ts'
import type { Finding } from '../survey/finding.ts'
import type { Facts, TableFacts } from '../survey/facts.ts'

export interface ProbeContext {
  readonly session: Session
  readonly plan: Plan
  readonly facts: Facts
  readonly tables: readonly TableFacts[]
  /** The tables as they were before the run; empty when none has begun. */
  readonly baselines: ReadonlyMap<number, Baseline>
  readonly events: EventStream
}

export type ProbeFinding = Pick<Finding, 'on' | 'text' | 'evidence' | 'remedy'> & {
  readonly severity: Finding['severity']
}

/** A read-only check that compares what is with what should be. */
export interface Probe {
  readonly id: string
  readonly title: string
  run(context: ProbeContext): Promise<ProbeFinding[]>
}
