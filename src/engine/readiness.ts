import type { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { preflight, refuseIfBlocked, rules } from '../preflight/preflight.ts'
import { isPoisoned, poisonFindings } from '../journal/poison.ts'
import type { PhaseSpec, Plan } from '../plan/plan.ts'
import { canaryRule } from '../plan/probe-names.ts'
import { probesOf } from '../probes/of-plan.ts'
import { findingLine, isBlocking, type Finding } from '../survey/finding.ts'
import { unusedWaivers } from '../survey/waivers.ts'
import { isDone, phaseName, phaseRow } from './phases.ts'
import { cure } from './poisoned.ts'
import type { Survey, Workspace } from './workspace.ts'

/**
 * Sees that a phase may begin: the phases before it are done, none of them is poisoned, preflight has no objection.
 * @throws MigrateError `phase-out-of-order`, `phase-poisoned`, `preflight-refused`, `privilege-missing`
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
  refuseIfPoisoned(work, now, phase)
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
    const text = `${phaseName(phase)} had failed its checks; they are made again`
    events.emit({ type: 'notice', level: 'info', text })
  }
  refuseIfBlocked(phaseName(phase), findings)
}

/** @throws MigrateError `phase-poisoned` when a check has found an earlier phase wrong, and that stands */
function refuseIfPoisoned({ plan }: Workspace, now: Survey, phase: PhaseSpec): void {
  const poisoned = plan.phases.filter(
    ({ number }) => number < phase.number && isPoisoned(plan, phaseRow(now, number)),
  )
  const [first] = poisoned
  if (first === undefined) return
  const findings = poisoned.flatMap(({ number }) => poisonFindings(plan, phaseRow(now, number)!))
  throw new MigrateError(
    'phase-poisoned',
    `${phaseName(phase)} cannot begin while ${poisoned.map(phaseName).join(', ')} ${poisoned.length === 1 ? 'is' : 'are'} found wrong`,
    {
      detail: findings.filter(isBlocking).map(findingLine),
      next: [cure(plan, phaseRow(now, first.number)!), 'or waive it by name in `allow`, with a reason'],
    },
  )
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
  const later = new Set([...probesOf(work.plan).keys(), canaryRule])
  const known = [...rules.map(({ id }) => id), ...later]
  const all = found.map(({ finding }) => finding)
  const ofPlan = [...unusedWaivers(work.plan, all, known, later), ...loweredProbes(work.plan)]
  return [...found, ...ofPlan.map((finding) => ({ phase: 1, finding }))]
}

/** Checks of the tool that the plan takes the edge from, so that nobody relies on them. */
function loweredProbes({ probes }: Plan): Finding[] {
  return [...probes.settings]
    .filter(([, { severity }]) => severity !== 'error')
    .map(([id, { severity }]) => ({
      rule: 'probe-lowered',
      severity: 'warning',
      on: id,
      text: severity === 'off' ? 'the plan has this probe off' : 'the plan makes its errors warnings',
      waivable: false,
    }))
}

function begunSteps(now: Survey): Set<string> {
  const rows = (now.journal?.steps ?? []).filter(({ phase, state }) => phase === 1 && state !== 'pending')
  return new Set(rows.map(({ id }) => id))
}
