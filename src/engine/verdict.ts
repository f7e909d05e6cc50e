import type { EventStream } from '../events/stream.ts'
import { poisonOf, setPoison, setWatched } from '../journal/poison.ts'
import type { PhaseRow, Poison } from '../journal/rows.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import type { Plan } from '../plan/plan.ts'
import { isDue } from '../plan/probes.ts'
import { isBlocking, type Finding } from '../survey/finding.ts'
import { isLeaseHeld } from './lease-held.ts'
import { goneChecks } from './poisoned.ts'
import type { Survey, Workspace } from './workspace.ts'

/** What was verified: one phase or all of them, by which probes, with what result. */
export interface Verified {
  readonly phase: number | undefined
  readonly probes: readonly string[]
  readonly findings: readonly Finding[]
}

/**
 * Keeps the result of a verification: what failed poisons the phase that was looked at, or the latest one that has
 * begun, for a probe of the plan that names phases the latest of them; what passed is taken from those that were poisoned by it. A run that is under way judges for itself.
 */
export async function keepVerdict(
  workspace: Workspace,
  now: Survey,
  verified: Verified,
  events: EventStream,
): Promise<void> {
  if (now.journal === undefined || (await isLeaseHeld(workspace))) return
  const { plan } = workspace
  const { run, phases } = now.journal
  const looked = phases.filter(({ number }) => verified.phase === undefined || number === verified.phase)
  try {
    for (const row of looked) {
      for (const rule of goneChecks(plan, row.poison)) {
        const text = `what ${rule} had found is lifted: the plan has no such probe any more`
        events.emit({ type: 'notice', level: 'warning', text })
      }
      const next = judged(plan, row, verified, blamed(plan, looked, row, verified))
      if (JSON.stringify(next?.findings) === JSON.stringify(row.poison?.findings)) continue
      await setPoison(workspace.session, run.id, row.number, next)
    }
    if (hasWatched(verified))
      await setWatched(
        workspace.session,
        run.id,
        looked.map(({ number }) => number),
      )
  } catch (error) {
    if (stateOf(error) !== sqlstate.insufficientPrivilege) throw error
    const text = 'this role may not write the journal: the result is shown and not kept'
    events.emit({ type: 'notice', level: 'warning', text })
  }
}

function hasWatched({ probes, findings }: Verified): boolean {
  return (
    probes.includes('traffic') && !findings.some((found) => found.rule === 'traffic' && isBlocking(found))
  )
}

/** What a phase is to answer for: a probe of the plan is put down to the phases it names, once one of them has begun. */
function blamed(plan: Plan, looked: readonly PhaseRow[], row: PhaseRow, { findings }: Verified): Finding[] {
  const begun = looked.filter(({ state }) => state === 'running' || state === 'done')
  const latestOf = (rule: string): PhaseRow | undefined => {
    const own = plan.probes.own.find(({ name }) => name === rule)
    return begun.filter((phase) => own !== undefined && isDue(own.phases, phase)).at(-1) ?? begun.at(-1)
  }
  return findings.filter((found) => isBlocking(found) && latestOf(found.rule) === row)
}

function judged(
  plan: Plan,
  { poison }: PhaseRow,
  { probes, findings }: Verified,
  blame: readonly Finding[],
): Poison | null {
  const failing = findings.filter(isBlocking)
  const gone = goneChecks(plan, poison)
  const isStill = ({ rule, on }: Poison['findings'][number]): boolean =>
    !gone.includes(rule) &&
    (!probes.includes(rule) || failing.some((found) => found.rule === rule && found.on === on))
  const old = (poison?.findings ?? []).filter(isStill)
  const added = blame.filter(({ rule, on }) => !old.some((known) => known.rule === rule && known.on === on))
  if (added.length > 0) {
    const fresh = poisonOf('verify', added)
    return { ...fresh, findings: [...old, ...fresh.findings] }
  }
  return old.length === 0 || poison === null ? null : { ...poison, findings: old }
}
