import type { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { probes } from '../probes/registry.ts'
import { runProbes } from '../probes/run.ts'
import type { Finding } from '../survey/finding.ts'
import { survey, type Workspace } from './workspace.ts'

export interface VerifyRequest {
  /** Only the tables of this phase. */
  readonly phase?: number
  /** Only these probes. */
  readonly only?: readonly string[]
}

export interface Verification {
  readonly probes: readonly {
    readonly id: string
    readonly title: string
    readonly findings: readonly Finding[]
  }[]
  readonly tables: number
}

/** Runs the probes over the tables of the plan, or of one phase. Reads only. */
export async function verify(
  workspace: Workspace,
  request: VerifyRequest,
  events: EventStream,
): Promise<Verification> {
  const { plan, session } = workspace
  for (const id of request.only ?? []) {
    if (!probes.has(id))
      throw new MigrateError(
        'usage-invalid',
        `there is no probe "${id}"${didYouMean(id, [...probes.keys()])}`,
        { detail: [...probes.keys()], next: ['migrate verify --help'] },
      )
  }
  const now = await survey(workspace)
  const phase = plan.phases.find(({ number }) => number === request.phase)
  const services = phase?.kind === 'switch' ? new Set(phase.services) : undefined
  const tables = now.facts.tables.filter(({ service }) => services?.has(service) ?? true)
  const baselines = new Map(
    (now.journal?.mappings ?? []).map(({ relation, baseline }) => [relation, baseline]),
  )
  const results: { id: string; title: string; findings: Finding[] }[] = []
  for (const { id, title } of probes.values()) {
    if (request.only !== undefined && !request.only.includes(id)) continue
    results.push({
      id,
      title,
      findings: await runProbes([id], { session, plan, facts: now.facts, tables, baselines, events }),
    })
  }
  return { probes: results, tables: tables.length }
}
