import type { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { exitProbes, waitsForPhase } from '../movers/exit-probes.ts'
import type { PhaseSpec } from '../plan/plan.ts'
import { probesOf, settingOf } from '../probes/of-plan.ts'
import { ProbeRunner } from '../probes/run.ts'
import type { Finding } from '../survey/finding.ts'
import { isPending } from './phases.ts'
import { keepVerdict } from './verdict.ts'
import { survey, type Survey, type Workspace } from './workspace.ts'

export interface VerifyRequest {
  /** Only the tables of this phase. */
  readonly phase?: number
  /** Only these probes. */
  readonly only?: readonly string[]
  /** How long traffic is watched; the plan’s window unless it is said. */
  readonly windowMs?: number
}

export interface Verification {
  readonly probes: readonly {
    readonly id: string
    readonly title: string
    readonly findings: readonly Finding[]
  }[]
  readonly tables: number
}

/**
 * Runs the probes over the tables of the plan, or of one phase. Changes nothing but the journal: what fails poisons the
 * phase, what passes lifts it.
 * @throws MigrateError `usage-invalid` for a probe that there is not
 */
export async function verify(
  workspace: Workspace,
  request: VerifyRequest,
  events: EventStream,
): Promise<Verification> {
  const { plan, session } = workspace
  const probes = probesOf(plan)
  for (const id of request.only ?? []) {
    if (!probes.has(id))
      throw new MigrateError(
        'usage-invalid',
        `there is no probe "${id}"${didYouMean(id, [...probes.keys()])}`,
        { detail: [...probes.keys()], next: ['migrate verify --help'] },
      )
  }
  const { windowMs = plan.probes.traffic.windowMs } = request
  const now = await survey(workspace)
  const phase = plan.phases.find(({ number }) => number === request.phase)
  const names = new Set(phase?.kind === 'switch' ? phase.services : plan.services.map(({ name }) => name))
  const tables = now.facts.tables.filter(({ service }) => names.has(service))
  await using runner = new ProbeRunner({
    session,
    plan,
    facts: now.facts,
    tables,
    services: plan.services.filter(({ name }) => names.has(name)),
    baselines: new Map((now.journal?.mappings ?? []).map(({ relation, baseline }) => [relation, baseline])),
    events,
    traffic: { kind: 'window', ms: windowMs },
  })
  const results: { id: string; title: string; findings: Finding[] }[] = []
  for (const { id, title } of probes.values()) {
    if (request.only !== undefined && !request.only.includes(id)) continue
    const isDueNow = request.only !== undefined || isToRun(id, workspace, now, phase)
    if (isDueNow) results.push({ id, title, findings: await runner.run(id) })
  }
  // What is off, or has not looked, has not passed.
  const hasLooked = ({ id }: { id: string }): boolean =>
    settingOf(plan, probes.get(id)!).severity !== 'off' && !(id === 'traffic' && windowMs === 0)
  const verified = {
    phase: request.phase,
    probes: results.filter(hasLooked).map(({ id }) => id),
    findings: results.flatMap(({ findings }) => findings),
  }
  await keepVerdict(workspace, now, verified, events)
  return { probes: results, tables: tables.length }
}

/** What is about surroundings waits for a phase of its own, unless it is asked for by name. */
function isToRun(id: string, { plan }: Workspace, now: Survey, phase: PhaseSpec | undefined): boolean {
  if (!waitsForPhase(id)) return true
  if (phase !== undefined) return exitProbes(plan, phase).includes(id)
  return plan.phases.some((each) => !isPending(now, each.number) && exitProbes(plan, each).includes(id))
}
