import type { CanaryReport } from '../canary/report.ts'
import type { Finding } from '../survey/finding.ts'
import type { Mapping } from '../survey/mapping.ts'

/** Rows of the journal as the rest of the tool sees them. */
export type RunState = 'active' | 'reverted' | 'completed'
export type WorkState = 'pending' | 'running' | 'done' | 'undoing'

export interface RunRow {
  readonly id: number
  readonly plan: string
  readonly hash: string
  readonly structure: string
  readonly state: RunState
  readonly systemIdentifier: string
  readonly databaseOid: number
  readonly databaseName: string
  readonly beganBy: string
  readonly beganAt: Date
  readonly endedAt: Date | null
}

export interface PhaseRow {
  readonly number: number
  readonly name: string
  readonly kind: 'expand' | 'switch' | 'contract'
  readonly state: WorkState
  readonly poison: Poison | null
  readonly beganAt: Date | null
  readonly endedAt: Date | null
}

/** What a check has found wrong after a phase, or in the course of it. */
export interface Poison {
  readonly at: string
  readonly by: 'execute' | 'verify'
  readonly findings: readonly Pick<Finding, 'rule' | 'on' | 'text'>[]
}

export interface StepRow {
  readonly phase: number
  readonly id: string
  readonly position: number
  readonly kind: string
  readonly summary: string
  readonly state: WorkState
  readonly record: { readonly [key: string]: never } | Record<string, unknown>
  readonly attempts: number
  readonly stallMs: number | null
  readonly canary: CanaryReport | null
  readonly error: string | null
  readonly beganAt: Date | null
  readonly endedAt: Date | null
}

export interface MappingRow extends Mapping {
  readonly baseline: Baseline
}

/** A table as it was before the run changed anything. */
export interface Baseline {
  readonly lines: readonly string[]
  readonly sequences: readonly {
    readonly oid: number
    readonly schema: string
    readonly name: string
    readonly column: string
    readonly kind: 'owned' | 'identity'
  }[]
  readonly rowTypeUses: readonly string[]
}
