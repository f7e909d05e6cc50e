import { readLasting, readLockRoom } from '../catalog/lasting.ts'
import { describeBlocker, readBlockers } from '../catalog/blockers.ts'
import { qualified } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Rule } from './rule.ts'

/** Rules about who holds the tables now. */
export const lockRules: readonly Rule[] = [
  {
    id: 'lasting-lock',
    code: 'PF-10',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    async check({ session, tables }) {
      const here = standing(tables)
      return (await readLasting(session, [...here.keys()])).map(({ relation, what, remedy }) => ({
        on: qualified(oldName(here.get(relation)!)),
        text: `${what}: it keeps its lock until its own end, however often the switch is tried`,
        remedy,
      }))
    },
  },
  {
    id: 'long-transaction',
    code: 'PF-10',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    async check({ session, tables, plan }) {
      const here = standing(tables)
      const found = await readBlockers(session, [...here.keys()], plan.defaults.stallBudgetMs)
      return found
        .filter(({ pid, backendType }) => pid !== null && backendType === 'client backend')
        .map((blocker) => ({
          on: `pid ${blocker.pid}`,
          text: `its transaction is older than the stall budget: the switch waits for its end`,
          evidence: [describeBlocker(blocker)],
        }))
    },
  },
  {
    id: 'lock-table-room',
    code: 'PF-10',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    async check({ session, tables }) {
      const { room, perTransaction } = await readLockRoom(session)
      const families = new Map<number, number>()
      for (const { family } of tables) families.set(family, (families.get(family) ?? 0) + 1)
      const largest = Math.max(0, ...families.values())
      // Each table is locked with its view, sequence, TOAST table and their types and schemas.
      if (largest * 8 < room) return []
      return [
        {
          on: 'max_locks_per_transaction',
          text: `${largest} tables move in one transaction, and the server has room for ${room} locks in all (max_locks_per_transaction is ${perTransaction})`,
          remedy: 'raise max_locks_per_transaction and restart the server',
        },
      ]
    },
  },
]

function standing(tables: readonly TableFacts[]): Map<number, TableFacts> {
  return new Map(
    tables
      .filter(({ location }) => location.stand === 'plain' || location.stand === 'expanded')
      .map((table) => [table.relation, table]),
  )
}
