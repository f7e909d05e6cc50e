import type { CompiledPhase } from '../movers/in-place.ts'
import { ProbeRunner } from '../probes/run.ts'
import type { ProbeAction } from '../steps/action.ts'
import { findingLine, isBlocking, type Finding } from '../survey/finding.ts'
import { CheckError } from './check-error.ts'
import type { Work } from './work.ts'

/**
 * Runs the exit probes of a phase.
 * @throws CheckError `probe-failed` with what differs
 */
export async function performProbes(work: Work, phase: CompiledPhase, action: ProbeAction): Promise<void> {
  const { session, plan, events, before } = work
  const { tables, facts, baselines, steps } = await work.refresh()
  await using runner = new ProbeRunner({
    session,
    plan,
    facts,
    tables: tables.filter(({ relation }) => action.relations.includes(relation)),
    services: plan.services.filter(({ name }) => phase.services.includes(name)),
    baselines,
    events,
    traffic: {
      kind: 'phase',
      reports: steps.flatMap(({ phase: number, canary }) =>
        number === phase.number && canary !== null ? [canary] : [],
      ),
      since: before.transactions,
    },
  })
  const findings = await runner.runAll(action.probes)
  for (const finding of findings.filter(({ severity }) => severity !== 'error')) {
    const level = finding.severity === 'warning' ? 'warning' : 'info'
    events.emit({ type: 'notice', level, text: findingLine(finding) })
  }
  const failed = findings.filter(isBlocking)
  if (failed.length > 0) throw probeError(phase, failed)
}

function probeError(phase: CompiledPhase, failed: readonly Finding[]): CheckError {
  return new CheckError(
    'probe-failed',
    failed.length === 1
      ? findingLine(failed[0]!)
      : `${failed.length} probes of phase ${phase.number} "${phase.name}" failed`,
    failed,
    {
      detail: failed.flatMap((finding) => [
        findingLine(finding),
        ...(finding.evidence ?? []).slice(0, 10).map((line) => `  ${line}`),
      ]),
      state: { kind: 'resumable' },
      next: [
        `migrate verify --phase ${phase.number}`,
        `migrate execute --phase ${phase.number}        checks again`,
        `migrate rollback --phase ${phase.number}`,
      ],
    },
  )
}
