import type { Severity } from '../survey/finding.ts'
import type { CompatPolicy } from '../plan/compat.ts'
import type { Named } from './known.ts'
import type { Visit } from './walk.ts'

/** An SQLSTATE, or that the statement goes on and does something else. */
export type Outcome = string

export const silent = 'silent'

/** A kind of statement that works on a table and not on what stands under its old name after the switch. */
export interface Trap {
  /** Stable; docs/reference/traps.md has a row for each. */
  readonly id: string
  /** What happens, to be read after "it". */
  readonly breaks: string
  /** An error refuses the switch. A warning is for what is run by hand, or may be harmless. */
  readonly severity: Severity
  /** Outcome where a view has the old name (policies view and late); undefined where it works. */
  readonly view?: Outcome
  /** The first major version in which views take it. */
  readonly viewSince?: number
  /** Outcome where a partition shell has the old name; undefined where it works. */
  readonly shell?: Outcome
  /** Outcome where the table is only found through search_path. */
  readonly path?: Outcome
  /** Outcome where nothing has the old name. */
  readonly nothing?: Outcome
  readonly wayOut: string
  /** The tables for which this node is such a statement. */
  find(at: Visit): readonly Named[]
}

const stands = { view: 'view', late: 'view', shell: 'shell', 'search-path': 'path', none: 'nothing' } as const

/** What comes of such a statement under a policy, on a server of that major version; undefined if it works. */
export function outcomeOf(trap: Trap, policy: CompatPolicy, major: number): Outcome | undefined {
  const stand = stands[policy]
  return stand === 'view' && trap.viewSince !== undefined && major >= trap.viewSince ? undefined : trap[stand]
}
