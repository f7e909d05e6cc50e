import { qualified } from '../pg/quoting.ts'
import type { TransactionAction } from './action.ts'
import type { StepKind } from './kind.ts'
import { oldName } from './names.ts'
import { oldNameOf } from './policies.ts'

type Config = { readonly database: string; readonly relation: number }

/** Drops the old name and lets the table's sequences follow it. */
export const contractTable: StepKind<Config> = {
  kind: 'contract-table',
  traits: { lock: 'ACCESS EXCLUSIVE', reversible: 'never', destroys: 'what stands under the old name' },
  summary: ({ relation }, context) => `drop the old name ${qualified(oldName(context.table(relation)))}`,
  undoSummary: () => 'not undone: past the point of no return',
  observe({ relation }, context) {
    const { stand } = context.table(relation).location
    return stand === 'contracted' ? 'present' : stand === 'switched' ? 'absent' : 'unknown'
  },
  actions({ database, relation }, context) {
    const table = context.table(relation)
    const action: TransactionAction = {
      id: `contract-${relation}`,
      policy: 'transaction',
      sentence: `drop ${oldNameOf(table).dropped}: ${qualified(oldName(table))}`,
      database,
      lock: 'ACCESS EXCLUSIVE',
      lockedRelations: [oldName(table)],
      lockFirst: [],
      statements: oldNameOf(table).contract(table),
      again:
        'the catalog tells whether the view is there; it is dropped in one transaction with its journal row',
    }
    return [action]
  },
  undo: () => [],
}
