import { uncountedRule } from '../../src/plan/probe-names.ts'
import type { CompatPolicy } from '../../src/plan/compat.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { parsePlan } from '../../src/plan/read.ts'

/** A plan in few words: services with their tables, and whatever else differs from the tests' defaults. */
export interface PlanSketch {
  readonly name?: string
  /** Service → its tables; or, written out, what the plan says of a service. */
  readonly services: Readonly<Record<string, readonly string[] | ServiceSketch>>
  readonly phases?: readonly { readonly name: string; readonly switch: readonly string[] }[]
  readonly defaults?: Readonly<Record<string, string | number | boolean>>
  readonly searchPath?: { readonly roles?: readonly string[]; readonly database?: boolean }
  readonly backups?: Readonly<Record<string, string | number>>
  readonly quiet?: string
  /** Standbys and pooler of the database. */
  readonly around?: Readonly<Record<string, unknown>>
  readonly probes?: Readonly<Record<string, unknown>>
  readonly canary?: Readonly<Record<string, unknown>>
  /** More databases by alias. */
  readonly databases?: Readonly<Record<string, unknown>>
  readonly allow?: readonly { readonly rule: string; readonly on: string; readonly because: string }[]
}

export interface ServiceSketch {
  readonly from?: string
  readonly tables?: readonly string[]
  readonly views?: readonly string[]
  readonly functions?: readonly string[]
  readonly types?: readonly string[]
  readonly schema?: string
  readonly roles?: readonly string[]
  readonly url?: string
  readonly searchPath?: readonly string[]
  readonly isolated?: boolean
  readonly compat?: CompatPolicy | Readonly<Record<string, CompatPolicy>>
}

/** The text of a plan file: JSON, which is YAML too. No backups, no quiet period, and a moment of traffic, unless the sketch says so. */
export function planText(url: string, sketch: PlanSketch): string {
  const service = (it: readonly string[] | ServiceSketch): object => ({
    from: 'db.public',
    to: 'db',
    ...(isList(it) ? { tables: it } : it),
  })
  return JSON.stringify({
    version: 1,
    name: sketch.name ?? 'shop',
    databases: { db: { url, ...sketch.around }, ...sketch.databases },
    services: Object.fromEntries(Object.entries(sketch.services).map(([name, it]) => [name, service(it)])),
    ...(sketch.phases === undefined ? {} : { phases: sketch.phases }),
    defaults: { backup: 'none', ...sketch.defaults },
    ...(sketch.searchPath === undefined ? {} : { searchPath: sketch.searchPath }),
    ...(sketch.backups === undefined ? {} : { backups: sketch.backups }),
    contract: { quiet: sketch.quiet ?? '0s' },
    probes: { settings: { traffic: { window: '100ms' } }, ...sketch.probes },
    ...(sketch.canary === undefined ? {} : { canary: sketch.canary }),
    ...(sketch.allow === undefined ? {} : { allow: sketch.allow }),
  })
}

function isList(it: readonly string[] | ServiceSketch): it is readonly string[] {
  return Array.isArray(it)
}

export function planFor(url: string, sketch: PlanSketch): Plan {
  return parsePlan('plans/test.yaml', planText(url, sketch), {})
}

/** The numbers of the plan's phases: expand, the switches, contract. */
export function phasesOf(plan: Plan): { expand: number; switches: number[]; contract: number } {
  const of = (kind: string): number[] =>
    plan.phases.filter((phase) => phase.kind === kind).map(({ number }) => number)
  return { expand: of('expand')[0]!, switches: of('switch'), contract: of('contract')[0]! }
}

/** Waivers for old names whose uses nothing can count. */
export function uncounted(...names: readonly string[]): NonNullable<PlanSketch['allow']> {
  return names.map((on) => ({ rule: uncountedRule, on, because: 'nothing uses it after the switch' }))
}
