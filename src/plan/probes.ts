import type { BuiltInProbe } from './probe-names.ts'
import type { PhaseSpec } from './plan.ts'
import type { PlanDocument } from './schema.ts'

export type ProbeSeverity = 'error' | 'warning' | 'off'

/** What the plan says of one of the tool’s own probes. */
export interface ProbeSetting {
  readonly severity: ProbeSeverity
  readonly budgetMs: number | undefined
  /** Undefined: those that the probe is made for. */
  readonly phases: readonly string[] | undefined
}

export type Cell = string | number | boolean | null

export interface Expectation {
  readonly value?: Cell | undefined
  readonly rows?: readonly (readonly Cell[])[] | undefined
  readonly empty?: true | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
}

interface OwnProbe {
  readonly name: string
  readonly severity: ProbeSeverity
  readonly phases: readonly string[]
}

/** A statement of the operator with what it must give. */
export interface SqlProbeSpec extends OwnProbe {
  readonly kind: 'sql'
  readonly sql: string
  readonly expect: Expectation
  readonly budgetMs: number
  /** Alias of its database; undefined is that of the tables. */
  readonly database: string | undefined
  readonly as: string | undefined
}

/** An address that must answer. The URL may hold secrets. */
export interface HttpProbeSpec extends OwnProbe {
  readonly kind: 'http'
  readonly url: string
  readonly status: number
  readonly withinMs: number
  readonly contains: string | undefined
}

export interface ProbeSpecs {
  readonly settings: ReadonlyMap<BuiltInProbe, ProbeSetting>
  readonly traffic: { readonly windowMs: number; readonly atLeast: number }
  readonly own: readonly (SqlProbeSpec | HttpProbeSpec)[]
}

export interface CanarySpec {
  readonly isEnabled: boolean
  readonly capMs: number
  /** Statements that are really carried out, by service. */
  readonly statements: ReadonlyMap<string, readonly string[]>
}

export function resolveProbes(written: PlanDocument['probes'], fill: (text: string) => string): ProbeSpecs {
  const { settings, sql, http } = written
  return {
    settings: new Map(
      Object.entries(settings).flatMap(([id, setting]): [BuiltInProbe, ProbeSetting][] => {
        if (setting === undefined) return []
        const { severity, budget, phases } = setting
        return [[id as BuiltInProbe, { severity, budgetMs: budget, phases }]]
      }),
    ),
    traffic: { windowMs: settings.traffic.window, atLeast: settings.traffic.atLeast },
    own: [
      ...Object.entries(sql).map(([name, { budget, database, as, ...rest }]): SqlProbeSpec => ({
        kind: 'sql',
        name,
        ...rest,
        budgetMs: budget,
        database,
        as,
      })),
      ...Object.entries(http).map(([name, { url, within, contains, ...rest }]): HttpProbeSpec => ({
        kind: 'http',
        name,
        ...rest,
        url: fill(url),
        withinMs: within,
        contains,
      })),
    ],
  }
}

export function resolveCanary({ enabled, cap, statements }: PlanDocument['canary']): CanarySpec {
  return { isEnabled: enabled, capMs: cap, statements: new Map(Object.entries(statements)) }
}

/** Is this one of the phases that a probe names? */
export function isDue(phases: readonly string[], { kind, name }: Pick<PhaseSpec, 'kind' | 'name'>): boolean {
  return phases.includes(kind) || phases.includes(name)
}
