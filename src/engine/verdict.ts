import type { EventStream } from '../events/stream.ts'
import { poisonOf, setPoison } from '../journal/poison.ts'
import type { PhaseRow, Poison } from '../journal/rows.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import { isBlocking, type Finding } from '../survey/finding.ts'
import { isLeaseHeld } from './lease-held.ts'
import type { Survey, Workspace } from './workspace.ts'

/** What was verified: one phase or all of them, by which probes, with what result. */
export interface Verified {
  readonly phase: number | undefined
  readonly probes: readonly string[]
  readonly findings: readonly Finding[]
}

/**
 * Keeps the result of a verification: what failed poisons the phase that was looked at, or the latest one that has
 * begun; what passed is taken from those that were poisoned by it. A run that is under way judges for itself.
 */
export async function keepVerdict(
  workspace: Workspace,
  now: Survey,
  verified: Verified,
  events: EventStream,
): Promise<void> {
  if (now.journal === undefined || (await isLeaseHeld(workspace))) return
  const { run, phases } = now.journal
  const looked = phases.filter(({ number }) => verified.phase === undefined || number === verified.phase)
  const latest = looked.filter(({ state }) => state === 'running' || state === 'done').at(-1)
  try {
    for (const row of looked) {
      const next = judged(row, verified, row === latest)
      if (JSON.stringify(next?.findings) === JSON.stringify(row.poison?.findings)) continue
      await setPoison(workspace.session, run.id, row.number, next)
    }
  } catch (error) {
    if (stateOf(error) !== sqlstate.insufficientPrivilege) throw error
    const text = 'this role may not write the journal: the result is shown and not kept'
    events.emit({ type: 'notice', level: 'warning', text })
  }
}

function judged({ poison }: PhaseRow, { probes, findings }: Verified, isLatest: boolean): Poison | null {
  const failing = findings.filter(isBlocking)
  const isStill = ({ rule, on }: Poison['findings'][number]): boolean =>
    !probes.includes(rule) || failing.some((found) => found.rule === rule && found.on === on)
  const old = (poison?.findings ?? []).filter(isStill)
  const added = failing.filter(({ rule, on }) => !old.some((known) => known.rule === rule && known.on === on))
  if (isLatest && added.length > 0) {
    const fresh = poisonOf('verify', added)
    return { ...fresh, findings: [...old, ...fresh.findings] }
  }
  return old.length === 0 || poison === null ? null : { ...poison, findings: old }
}
