import { MigrateError } from '../errors/migrate-error.ts'
import type { CompiledPhase } from '../movers/in-place.ts'
import { runProbes } from '../probes/run.ts'
import type { ProbeAction } from '../steps/action.ts'
import { findingLine, isBlocking, type Finding } from '../survey/finding.ts'
import type { Work } from './work.ts'

/**
 * Runs the exit probes of a phase.
 * @throws MigrateError `probe-failed` with what differs
 */
export async function performProbes(work: Work, phase: CompiledPhase, action: ProbeAction): Promise<void> {
  const { tables, facts, baselines } = await work.refresh()
  const findings = await runProbes(action.probes, {
    session: work.session,
    plan: work.plan,
    facts,
    tables: tables.filter(({ relation }) => action.relations.includes(relation)),
    baselines,
    events: work.events,
  })
  for (const finding of findings) {
    if (finding.severity === 'warning')
      work.events.emit({ type: 'notice', level: 'warning', text: findingLine(finding) })
  }
  const failed = findings.filter(isBlocking)
  if (failed.length > 0) throw probeError(phase, failed)
}

function probeError(phase: CompiledPhase, failed: readonly Finding[]): MigrateError {
  return new MigrateError(
    'probe-failed',
    failed.length === 1
      ? findingLine(failed[0]!)
      : `${failed.length} probes of phase ${phase.number} "${phase.name}" failed`,
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
