import type { Lines } from '../canary/lines.ts'
import type { QualifiedName } from '../pg/quoting.ts'

/** Table lock modes from weakest to strongest (manual, chapter 13.3.1). */
export const lockModes = [
  'none',
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const
export type LockMode = (typeof lockModes)[number]

interface ActionBase {
  readonly id: string
  /** One sentence for people. */
  readonly sentence: string
  /** The alias of the database it runs in. */
  readonly database: string
  /** Why doing it twice does no harm. */
  readonly again: string
}

/** Statements that happen together or not at all, in one transaction with their journal row. */
export interface TransactionAction extends ActionBase {
  readonly policy: 'transaction'
  readonly lock: LockMode
  readonly lockedRelations: readonly QualifiedName[]
  /** Locked first, in one statement and inside the stall budget: views, through which their tables are locked too. */
  readonly lockFirst: readonly QualifiedName[]
  /** Each is locked without what is below it; LOCK TABLE on a view locks the tables it reads as well. */
  readonly locksAlone?: boolean
  readonly statements: readonly string[]
  /**
   * Statements that, run beforehand in a transaction of their own, take away a contention that the transaction
   * itself loses again and again; and those that put things back when it is given up.
   */
  readonly relief?: {
    readonly sentence: string
    readonly before: readonly string[]
    readonly restore: readonly string[]
  }
  /** What the runner itself reads and writes meanwhile, in connections of its own, to see what clients see. */
  readonly canary?: {
    readonly service: string
    readonly lines: Lines
    /** The search_path for names without a schema; empty for that of clients. */
    readonly path: readonly string[]
  }
}

/** A transaction that locks no table, so that nobody waits for it. */
export function withoutLocks(
  action: Pick<TransactionAction, 'id' | 'sentence' | 'database' | 'statements' | 'again'>,
): TransactionAction {
  return { ...action, policy: 'transaction', lock: 'none', lockedRelations: [], lockFirst: [] }
}

/** A pg_dump of the tables. */
export interface BackupAction extends ActionBase {
  readonly policy: 'backup'
  readonly relations: readonly number[]
}

/** A restore of the newest backup of the tables, elsewhere. */
export interface DrillAction extends ActionBase {
  readonly policy: 'drill'
  readonly relations: readonly number[]
}

/** Read-only checks; a finding of severity error fails the step. */
export interface ProbeAction extends ActionBase {
  readonly policy: 'probe'
  readonly probes: readonly string[]
  readonly relations: readonly number[]
}

/** A decision that evidence or a person must allow. */
export interface GateAction extends ActionBase {
  readonly policy: 'gate'
  /** What is watched: the views that stand under old names, or tables that are used past their facade. */
  readonly evidence: 'views' | 'tables'
  readonly quietMs: number
  readonly relations: readonly number[]
}

/** Work on the subscribers that the plan names. */
export interface SubscriberAction extends ActionBase {
  readonly policy: 'subscriber'
  readonly mode: 'ready' | 'follow' | 'back' | 'contract' | 'recreate'
  readonly relations: readonly number[]
}

export type Action =
  TransactionAction | BackupAction | DrillAction | ProbeAction | GateAction | SubscriberAction
