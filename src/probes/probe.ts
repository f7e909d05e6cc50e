import type { TrafficSeen } from '../canary/share.ts'
import type { EventStream } from '../events/stream.ts'
import type { Baseline } from '../journal/rows.ts'
import type { Session } from '../pg/session.ts'
import type { Plan, Service } from '../plan/plan.ts'
import type { Finding } from '../survey/finding.ts'
import type { Facts, TableFacts } from '../survey/facts.ts'

export interface ProbeContext {
  /** A session of the probes alone: it is given up when a probe takes too long. */
  readonly session: Session
  readonly plan: Plan
  readonly facts: Facts
  readonly tables: readonly TableFacts[]
  /** The services that these tables are of. */
  readonly services: readonly Service[]
  /** The tables as they were before the run; empty when none has begun. */
  readonly baselines: ReadonlyMap<number, Baseline>
  readonly events: EventStream
  /** What is known of the traffic of a phase, or how long to watch it. */
  readonly traffic: TrafficSeen
  /** How long the probe may take. */
  readonly budgetMs: number | undefined
}

export type ProbeFinding = Pick<Finding, 'on' | 'text' | 'evidence' | 'remedy'> & {
  readonly severity: Finding['severity']
}

/** A read-only check that compares what is with what should be. */
export interface Probe {
  readonly id: string
  readonly title: string
  /** The budget unless the plan says another one. */
  readonly budgetMs?: number
  /** It keeps to its budget by itself, and says more than that it was over. */
  readonly keepsBudget?: true
  run(context: ProbeContext): Promise<ProbeFinding[]>
}
