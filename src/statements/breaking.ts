import type { CompatPolicy } from '../plan/compat.ts'
import { qualified } from '../pg/quoting.ts'
import type { Severity } from '../survey/finding.ts'
import type { Examined } from './evidence.ts'
import { outcomeOf } from './trap.ts'

/** A statement that would break under the policy of its table. */
export interface Breaking {
  /** The table by its old name. */
  readonly table: string
  readonly policy: CompatPolicy
  readonly trap: string
  readonly severity: Severity
  /** An SQLSTATE, or `silent`. */
  readonly outcome: string
  readonly breaks: string
  readonly wayOut: string
  readonly calls: number
  readonly role: string
  readonly sql: string
}

/** The statements that break on a server of that major version, the most frequent of each table and trap first. */
export function breaking(examined: readonly Examined[], major: number): Breaking[] {
  return examined
    .flatMap(({ statement, hits }) =>
      hits.flatMap(({ trap, table }): Breaking[] => {
        const outcome = outcomeOf(trap, table.policy, major)
        const { id, severity, breaks, wayOut } = trap
        return outcome === undefined
          ? []
          : [
              {
                table: qualified(table),
                policy: table.policy,
                trap: id,
                // Under late nothing breaks as long as the old name is used: the switch waits.
                severity: table.policy === 'late' ? 'info' : severity,
                outcome,
                breaks,
                wayOut,
                calls: statement.calls,
                role: statement.role,
                sql: shortened(statement.sql),
              },
            ]
      }),
    )
    .toSorted(
      (a, b) => order(a.table, b.table) || order(a.trap, b.trap) || b.calls - a.calls || order(a.sql, b.sql),
    )
}

const longest = 160

/** One line of at most 160 characters, for lists. */
export function shortened(sql: string): string {
  const line = [...sql.replaceAll(/\s+/g, ' ').trim()]
  return line.length <= longest ? line.join('') : `${line.slice(0, longest - 1).join('')}…`
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
