import { ident, qualified } from '../pg/quoting.ts'
import type { TransactionAction } from './action.ts'
import { casts } from './expand-table.ts'
import type { StepKind } from './kind.ts'
import { newName, oldName } from './names.ts'
import { ownedSequences } from './switch-tables.ts'
import { dropTelltale } from './view.ts'

type Config = { readonly database: string; readonly relation: number }

/** Drops the old name and lets the table's sequences follow it. */
export const contractTable: StepKind<Config> = {
  kind: 'contract-table',
  traits: { lock: 'ACCESS EXCLUSIVE', reversible: 'never', destroys: 'the view under the old name' },
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
      sentence: `drop the view ${qualified(oldName(table))}`,
      database,
      lock: 'ACCESS EXCLUSIVE',
      lockedRelations: [oldName(table)],
      lockFirst: [],
      statements: [
        ...ownedSequences(table).map((sequence) => `alter sequence ${qualified(sequence)} owned by none`),
        // Inserts wait for the sequence from here on, so the view must be had quickly or not at all.
        ...(ownedSequences(table).length === 0 ? [] : [`set local lock_timeout = 20`]),
        ...ownedSequences(table).flatMap((sequence) => [
          `alter sequence ${qualified(sequence)} set schema ${ident(table.target)}`,
          `alter sequence ${qualified({ schema: table.target, name: sequence.name })} owned by ${qualified(newName(table))}.${ident(sequence.column)}`,
        ]),
        ...casts(table).map(({ from, to }) => `drop cast if exists (${from} as ${to})`),
        // Never CASCADE: whatever still depends on the old name must be seen.
        `drop view ${qualified(oldName(table))} restrict`,
        ...dropTelltale(table),
      ],
      again:
        'the catalog tells whether the view is there; it is dropped in one transaction with its journal row',
    }
    return [action]
  },
  undo: () => [],
}
