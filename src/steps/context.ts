import type { Plan } from '../plan/plan.ts'
import type { Facts } from '../survey/facts.ts'
import type { StepContext } from './kind.ts'

/** The view of plan and catalogs that step kinds are given. */
export function stepContext(plan: Plan, facts: Facts): StepContext {
  const tables = new Map(facts.tables.map((table) => [table.relation, table]))
  return {
    plan,
    facts,
    table(relation) {
      const table = tables.get(relation)
      if (table === undefined) throw new Error(`relation ${relation} is not part of the plan’s facts`)
      return table
    },
  }
}
