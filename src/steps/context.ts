import type { Plan } from '../plan/plan.ts'
import type { Facts } from '../survey/facts.ts'
import type { StepContext } from './kind.ts'

/** The view of plan and catalogs that step kinds are given. */
export function stepContext(plan: Plan, facts: Facts): StepContext {
  return {
    plan,
    facts,
    table: finder('relation', facts.tables, ({ relation }) => relation),
    routine: finder('function', facts.routines, ({ oid }) => oid),
    type: finder('type', facts.types, ({ oid }) => oid),
  }
}

function finder<Item>(
  what: string,
  items: readonly Item[],
  oidOf: (item: Item) => number,
): (oid: number) => Item {
  const byOid = new Map(items.map((item) => [oidOf(item), item]))
  return (oid) => {
    const item = byOid.get(oid)
    if (item === undefined) throw new Error(`${what} ${oid} is not part of the plan’s facts`)
    return item
  }
}
