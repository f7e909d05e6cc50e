import type { Facts, RoutineFacts, TableFacts, TypeFacts } from '../survey/facts.ts'
import type { Plan } from '../plan/plan.ts'
import type { Action, LockMode } from './action.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type StepData = { readonly [key: string]: Json }

/** What reality says of a step: not done, done in part or out of date, done. */
export type Observed = 'absent' | 'partial' | 'present' | 'unknown'

/** A text that a step replaces, with what it is the text of. */
export interface ReplacedText {
  readonly name: string
  readonly before: string
  readonly after: string
}

/** What a step may look at while it becomes actions: the plan and the catalogs, nothing else. */
export interface StepContext {
  readonly plan: Plan
  readonly facts: Facts
  table(relation: number): TableFacts
  routine(oid: number): RoutineFacts
  type(oid: number): TypeFacts
}

export interface Traits {
  readonly lock: LockMode
  /** Done again whenever its phase is executed, also when it was done before. */
  readonly repeats?: boolean
  /** Gives other names to what later steps of the phase may name: the catalogs are read again after it. */
  readonly renames?: boolean
  /** What is gone afterwards, if anything. */
  readonly destroys?: string
}

/**
 * One kind of step: a file in this folder. Everything but its name is a pure function of its configuration and
 * the catalogs, so that plan, dry run and execution read the same list of actions.
 */
export interface StepKind<C extends StepData = StepData> {
  readonly kind: string
  readonly traits: Traits
  summary(config: C, context: StepContext): string
  actions(config: C, context: StepContext): readonly Action[]
  /** What the undo will need and the catalogs will no longer tell; kept in the journal before the step runs. */
  record?(config: C, context: StepContext): StepData
  /** Texts of the operator’s own that it changes, which a plan shows as they will differ. */
  texts?(config: C, context: StepContext): readonly ReplacedText[]
  undo(config: C, context: StepContext, record: StepData): readonly Action[]
  /** Puts right what a step that was begun and not done may have left, where reality says that it is not done. */
  settle?(config: C, context: StepContext): readonly Action[]
  /** How the undo is described in a plan. */
  undoSummary(config: C, context: StepContext): string
  /** Reads the step's state from the facts; 'unknown' where only the journal can tell. */
  observe(config: C, context: StepContext): Observed
}

/** A step of a compiled plan: plain data. */
export interface Step<C extends StepData = StepData> {
  readonly id: string
  readonly kind: string
  readonly config: C
}
