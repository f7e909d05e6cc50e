/** What the canary saw by one name of a table, or of one statement of the operator. */
export interface NameSeen {
  readonly name: string
  /** The schema of the service that it belongs to. */
  readonly schema: string
  readonly statements: number
  readonly failed: number
  /** Its longest statement, ms. */
  readonly longestMs: number
  /** The longest that one attempt of the switch has held one of its statements up, ms. */
  readonly heldUpMs: number
  /** Different failures, with SQLSTATE. */
  readonly failures: readonly string[]
  /** Why its connection did not last, so that it did not see everything. */
  readonly lost?: string
}

/** What the runner’s own statements lived through during one switch; kept in the journal. */
export interface CanaryReport {
  readonly capMs: number
  readonly statements: number
  readonly failed: number
  readonly longestMs: number
  readonly heldUpMs: number
  readonly names: readonly NameSeen[]
  /** Statements that say nothing of the switch, with the reason. */
  readonly left: readonly string[]
}

export function reportOf(capMs: number, names: readonly NameSeen[], left: readonly string[]): CanaryReport {
  const sum = (of: (name: NameSeen) => number): number => names.reduce((total, name) => total + of(name), 0)
  const most = (of: (name: NameSeen) => number): number => Math.max(0, ...names.map(of))
  return {
    capMs,
    statements: sum(({ statements }) => statements),
    failed: sum(({ failed }) => failed),
    longestMs: most(({ longestMs }) => longestMs),
    heldUpMs: most(({ heldUpMs }) => heldUpMs),
    names,
    left,
  }
}

/** Names that a switch has held up for too long, or that have failed. */
export function troubled({ names, capMs }: CanaryReport): NameSeen[] {
  return names.filter(({ heldUpMs, failed, lost }) => heldUpMs > capMs || failed > 0 || lost !== undefined)
}
