import type { Session } from '../pg/session.ts'
import type { CanaryReport, NameSeen } from './report.ts'

/** Transactions of a database as its statistics count them. */
export interface Transactions {
  readonly committed: number
  readonly rolledBack: number
}

/** What is known of the traffic of a phase when its checks run; on demand, how long to watch. */
export type TrafficSeen =
  | {
      readonly kind: 'phase'
      readonly reports: readonly CanaryReport[]
      /** When the phase was begun. */
      readonly since: Transactions | undefined
      /** Switches of which no canary has told. */
      readonly untold: readonly string[]
      /** How long to watch besides. */
      readonly windowMs: number
    }
  | { readonly kind: 'window'; readonly ms: number }

/** The canary’s statements in one schema. */
export interface Share {
  readonly schema: string
  /** Whole schemas of names by which nothing could be tried: old or new ones. */
  readonly silent: readonly string[]
  readonly statements: number
  readonly failed: number
  readonly failures: readonly string[]
}

export async function readTransactions(session: Session): Promise<Transactions> {
  return session.one<Transactions>(
    `select xact_commit::float8 as committed, xact_rollback::float8 as "rolledBack"
       from pg_stat_database where datname = current_database()`,
  )
}

export function sharesOf(reports: readonly CanaryReport[]): Share[] {
  const bySchema = new Map<string, Share>()
  const seen = reports.flatMap(({ names }) => names)
  for (const { schema, statements, failed, failures } of seen) {
    const sum = bySchema.get(schema) ?? {
      schema,
      silent: silentOf(seen, schema),
      statements: 0,
      failed: 0,
      failures: [],
    }
    bySchema.set(schema, {
      ...sum,
      statements: sum.statements + statements,
      failed: sum.failed + failed,
      failures: [...new Set([...sum.failures, ...failures])],
    })
  }
  return [...bySchema.values()].toSorted((a, b) => (a.schema < b.schema ? -1 : 1))
}

function silentOf(names: readonly NameSeen[], of: string): string[] {
  const tried = new Map<string, number>()
  for (const { name, schema, statements } of names.filter((seen) => seen.schema === of)) {
    const by = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : schema
    tried.set(by, (tried.get(by) ?? 0) + statements)
  }
  return [...tried].flatMap(([by, statements]) => (statements === 0 ? [by] : []))
}

/** Of so many, so many have not failed, in percent; undefined for none. */
export function percent(all: number, failed: number): number | undefined {
  return all === 0 ? undefined : ((all - failed) / all) * 100
}

/** Rounded down, so that 100 % means all. */
export function percentText(share: number): string {
  return `${(Math.floor(share * 100) / 100).toString()} %`
}
