import type { CompiledPhase } from '../movers/in-place.ts'
import { ProbeRunner } from '../probes/run.ts'
import type { ProbeAction } from '../steps/action.ts'
import { findingLine, isBlocking, type Finding } from '../survey/finding.ts'
import { CheckError } from './check-error.ts'
import { checksOf } from './poisoned.ts'
import type { Work } from './work.ts'

/**
 * Runs the exit probes of a phase.
 * @throws CheckError `probe-failed` with what differs
 */
export async function performProbes(work: Work, phase: CompiledPhase, action: ProbeAction): Promise<void> {
  const { session, plan, events, before } = work
  const { tables, facts, baselines, steps } = await work.refresh()
  const poison = before.poison ?? null
  const switches = steps.filter(({ phase: number }) => number === phase.number)
  // A runner was ended after the switch, before its canary had told.
  const untold = switches
    .filter(({ canary, record }) => canary === null && record['canary'] === 'due')
    .map(({ id }) => id)
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
      reports: switches.flatMap(({ canary }) => canary ?? []),
      since: before.transactions,
      untold,
      // What was wrong outside a switch shows outside it only; what nobody has told is watched now.
      windowMs:
        poison?.findings.some(({ rule }) => rule === 'traffic') === true
          ? plan.probes.traffic.windowMs
          : untold.length > 0
            ? Math.max(plan.probes.traffic.windowMs, leastWindowMs)
            : 0,
    },
  })
  const findings = await runner.runAll([...new Set([...action.probes, ...checksOf(plan, phase, poison)])])
  for (const finding of findings.filter(({ severity }) => severity !== 'error')) {
    const level = finding.severity === 'warning' ? 'warning' : 'info'
    events.emit({ type: 'notice', level, text: findingLine(finding) })
  }
  const failed = findings.filter(isBlocking)
  if (failed.length > 0) throw probeError(phase, failed)
}

/** Long enough for a statement by each name. */
const leastWindowMs = 100

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
