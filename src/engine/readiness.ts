import type { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { preflight, refuseIfBlocked, rules } from '../preflight/preflight.ts'
import { probes } from '../probes/registry.ts'
import { findingLine, type Finding } from '../survey/finding.ts'
import { unusedWaivers } from '../survey/waivers.ts'
import { isDone, phaseName, phaseRow } from './phases.ts'
import type { Survey, Workspace } from './workspace.ts'

/**
 * Sees that a phase may begin: the phases before it are done, none of them is poisoned, preflight has no objection.
 * @throws MigrateError `phase-out-of-order`, `probe-failed`, `preflight-refused`, `privilege-missing`
 */
export async function checkPhase(
  work: Workspace,
  now: Survey,
  number: number,
  events: EventStream,
): Promise<void> {
  const { plan } = work
  const phase = plan.phases.find((candidate) => candidate.number === number)!
  const before = plan.phases.filter(
    (candidate) => candidate.number < number && !isDone(now, candidate.number),
  )
  if (before.length > 0) {
    throw new MigrateError(
      'phase-out-of-order',
      `${phaseName(phase)} cannot begin before ${before.map(phaseName).join(', ')} ${before.length === 1 ? 'is' : 'are'} done`,
      {
        next: [
          `migrate execute --phase ${before[0]!.number}`,
          `or all in order: migrate execute --to ${number}`,
        ],
      },
    )
  }
  const findings = await phaseFindings(work, now, number)
  for (const finding of findings) {
    if (finding.severity === 'warning')
      events.emit({ type: 'notice', level: 'warning', text: findingLine(finding) })
    if (finding.waived !== undefined)
      events.emit({
        type: 'notice',
        level: 'warning',
        text: `waived: ${findingLine(finding)} (${finding.waived})`,
      })
  }
  if (phaseRow(now, number)?.poison != null) {
    events.emit({
      type: 'notice',
      level: 'info',
      text: `${phaseName(phase)} had failed its probes; they are run again`,
    })
  }
  refuseIfBlocked(phaseName(phase), findings)
}

/** What preflight has to say of one phase. */
export async function phaseFindings(
  { plan, session }: Workspace,
  now: Survey,
  number: number,
): Promise<Finding[]> {
  const phase = plan.phases.find((candidate) => candidate.number === number)!
  const services = new Set(phase.kind === 'switch' ? phase.services : plan.services.map(({ name }) => name))
  const tables = now.facts.tables.filter(({ service }) => services.has(service))
  return preflight({
    session,
    plan,
    facts: now.facts,
    phase: phase.kind,
    tables,
    routines: now.facts.routines.filter(({ service }) => services.has(service)),
    types: now.facts.types.filter(({ service }) => services.has(service)),
    begun: begunSteps(now),
  })
}

/** The findings of every phase that is still to come, and the waivers that waive nothing. */
export async function planFindings(
  work: Workspace,
  now: Survey,
): Promise<{ phase: number; finding: Finding }[]> {
  const found: { phase: number; finding: Finding }[] = []
  for (const { number } of work.plan.phases) {
    if (isDone(now, number)) continue
    for (const finding of await phaseFindings(work, now, number)) found.push({ phase: number, finding })
  }
  const known = [...rules.map(({ id }) => id), ...probes.keys()]
  const all = found.map(({ finding }) => finding)
  return [...found, ...unusedWaivers(work.plan, all, known, probes).map((finding) => ({ phase: 1, finding }))]
}

function begunSteps(now: Survey): Set<string> {
  const rows = (now.journal?.steps ?? []).filter(({ phase, state }) => phase === 1 && state !== 'pending')
  return new Set(rows.map(({ id }) => id))
}
