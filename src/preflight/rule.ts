import type { Session } from '../pg/session.ts'
import type { PhaseKind, Plan } from '../plan/plan.ts'
import type { Finding, Severity } from '../survey/finding.ts'
import type { Facts, RoutineFacts, TableFacts, TypeFacts } from '../survey/facts.ts'

export interface PreflightContext {
  readonly session: Session
  readonly plan: Plan
  readonly facts: Facts
  /** The kind of the phase that is about to begin. */
  readonly phase: PhaseKind
  /** The tables of that phase. */
  readonly tables: readonly TableFacts[]
  /** Its functions and types. */
  readonly routines: readonly RoutineFacts[]
  readonly types: readonly TypeFacts[]
  /** The steps of expand that were begun: what they made is the plan’s own. */
  readonly begun: ReadonlySet<string>
}

/** One reason not to begin a phase, or to know something before. */
export interface Rule {
  readonly id: string
  /** The check it is part of; several rules may share one. */
  readonly code: `PF-${number}`
  readonly severity: Severity
  readonly waivable: boolean
  readonly phases: readonly PhaseKind[]
  check(context: PreflightContext): Promise<Draft[]> | Draft[]
}

/** What a rule reports; the rest of the finding comes from the rule. */
export type Draft = Pick<Finding, 'on' | 'text' | 'evidence' | 'remedy'> & { readonly severity?: Severity }

export const always: readonly PhaseKind[] = ['expand', 'switch', 'contract']
