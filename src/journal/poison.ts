import { journalSchema as schema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'
import type { Plan } from '../plan/plan.ts'
import type { Finding } from '../survey/finding.ts'
import { waive } from '../survey/waivers.ts'
import type { PhaseRow, Poison } from './rows.ts'

/** Findings kept with a phase; more would not make it clearer. */
const keptFindings = 50

export function poisonOf(by: Poison['by'], findings: readonly Finding[]): Poison {
  return {
    at: new Date().toISOString(),
    by,
    findings: findings.slice(0, keptFindings).map(({ rule, on, text }) => ({ rule, on, text })),
  }
}

/** The findings of a poisoned phase, those that the plan waives by now with the reason. */
export function poisonFindings(plan: Plan, { poison }: Pick<PhaseRow, 'poison'>): Finding[] {
  return waive(
    plan,
    (poison?.findings ?? []).map((finding) => ({ ...finding, severity: 'error', waivable: true })),
  )
}

/** Does a phase hold up the later ones? */
export function isPoisoned(plan: Plan, row: Pick<PhaseRow, 'poison'> | undefined): boolean {
  return row !== undefined && poisonFindings(plan, row).some(({ waived }) => waived === undefined)
}

export async function setPoison(
  session: Session,
  run: number,
  phase: number,
  poison: Poison | null,
): Promise<void> {
  await session.query(`update ${schema}.phases set poison = $3 where run = $1 and number = $2`, [
    run,
    phase,
    poison === null ? null : JSON.stringify(poison),
  ])
}

/** Traffic was watched in place of canaries that could not tell of these phases any more. */
export async function setWatched(session: Session, run: number, phases: readonly number[]): Promise<void> {
  await session.query(
    `update ${schema}.steps set record = record || '{"canary": "watched"}'
      where run = $1 and phase = any($2) and canary is null and record->>'canary' = 'due'`,
    [run, phases],
  )
}
