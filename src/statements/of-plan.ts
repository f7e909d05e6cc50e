import { readRecordedStatements, type RecordedStatement } from '../catalog/recorded-statements.ts'
import type { Session } from '../pg/session.ts'
import type { Plan } from '../plan/plan.ts'
import type { Facts } from '../survey/facts.ts'
import { judgedBodies } from './bodies.ts'
import { breaking, shortened, type Breaking } from './breaking.ts'
import { namedByParameter } from './by-parameter.ts'
import { examine, groundOf } from './evidence.ts'
import { isAdvice, propose, type Proposal } from './propose.ts'

/** Where the statements come from. */
export type Origin =
  | { readonly kind: 'pg_stat_statements'; readonly since: string | null; readonly hidden: number }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'none'; readonly reason: string }

export interface PlanStatements {
  readonly origin: Origin
  /** How many statements name a moved table. */
  readonly examined: number
  readonly breaking: readonly Breaking[]
  /** Statements that look tables up by a name of which only the running tells. */
  readonly byParameter: readonly { readonly sql: string; readonly calls: number; readonly role: string }[]
  readonly unparsable: readonly { readonly sql: string; readonly calls: number; readonly reason: string }[]
  /** Policies that would fit better than the chosen ones. */
  readonly proposals: readonly Proposal[]
}

const known = new WeakMap<Facts, Promise<PlanStatements>>()

/** The recorded statements of the plan's tables. Several phases ask, of one survey: it is read and parsed once. */
export function recordedOf(session: Session, plan: Plan, facts: Facts): Promise<PlanStatements> {
  const found = known.get(facts) ?? readRecorded(session, plan, facts)
  known.set(facts, found)
  return found
}

async function readRecorded(session: Session, plan: Plan, facts: Facts): Promise<PlanStatements> {
  const recorded = await readRecordedStatements(session)
  if ('missing' in recorded)
    return {
      ...(await statementsOf(session, plan, facts, [])),
      origin: { kind: 'none', reason: recorded.missing },
    }
  const { statements, since, hidden } = recorded
  return {
    ...(await statementsOf(session, plan, facts, statements)),
    origin: { kind: 'pg_stat_statements', since, hidden },
  }
}

/** The same for statements that come from elsewhere. */
export async function statementsOf(
  session: Session,
  plan: Plan,
  facts: Facts,
  statements: readonly RecordedStatement[],
): Promise<Omit<PlanStatements, 'origin'>> {
  const ground = await groundOf(session, facts)
  const { examined, unparsable } = await examine(ground, statements)
  const { major } = facts.server
  return {
    examined: examined.length,
    breaking: breaking(examined, major),
    byParameter: namedByParameter(statements).map(({ sql, calls, role }) => ({
      sql: shortened(sql),
      calls,
      role,
    })),
    unparsable: unparsable
      .map(({ sql, calls, reason }) => ({ sql: shortened(sql), calls, reason }))
      .toSorted((a, b) => (a.sql < b.sql ? -1 : 1)),
    proposals: propose(
      ground.tables,
      examined,
      await judgedBodies(session, facts),
      plan.searchPath,
      major,
    ).filter(isAdvice),
  }
}
