import { qualified } from '../pg/quoting.ts'
import { tableUnit } from '../survey/body-units.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { TransactionAction } from './action.ts'
import { bodiesToReplace, recordedBodies, replaceBodies, restoreBodies, type ReplacedBody } from './bodies.ts'
import { defaultsToReplace, recordedDefaults, replaceDefaults, restoreDefaults } from './defaults.ts'
import type { StepContext, StepKind } from './kind.ts'
import { oldName } from './names.ts'
import { oldNameOf } from './policies.ts'
import { namedStandIns, settlePrivileges, tableStandIn } from './privileges.ts'
import { watchStatements } from './watch-names.ts'

type Config = { readonly database: string; readonly relation: number }

/**
 * Drops the old name and lets the table's sequences follow it, with the text of functions and defaults that names these; the undo makes
 * it again as it was.
 */
export const contractTable: StepKind<Config> = {
  kind: 'contract-table',
  traits: { lock: 'ACCESS EXCLUSIVE', destroys: 'what stands under the old name, until it is made again' },
  summary: ({ relation }, context) => `drop the old name ${qualified(oldName(context.table(relation)))}`,
  undoSummary: ({ relation }, context) =>
    `make the old name ${qualified(oldName(context.table(relation)))} again`,
  record({ relation }, context) {
    const { stand, isWatched } = context.table(relation).location
    return {
      isWatched,
      hadNothing: stand === 'contracted',
      bodies: bodiesOf(relation, context),
      defaults: defaultsToReplace(context, tableUnit(relation)),
    }
  },
  observe({ relation }, context) {
    const { stand } = context.table(relation).location
    return stand === 'contracted' ? 'present' : stand === 'switched' ? 'absent' : 'unknown'
  },
  actions(config, context) {
    const table = context.table(config.relation)
    const sentence = `drop ${oldNameOf(table).dropped}: ${qualified(oldName(table))}`
    return [
      transaction(config, table, sentence, [
        ...settlePrivileges(context.plan.name, namedStandIns(table), true),
        ...oldNameOf(table).contract(table),
        ...replaceBodies(bodiesOf(config.relation, context)),
        ...replaceDefaults(defaultsToReplace(context, tableUnit(config.relation)), context),
      ]),
    ]
  },
  // One that failed has dropped nothing: there is nothing to make again.
  settle: () => [],
  undo(config, context, record) {
    // A partition that was made at its new name.
    if (record['hadNothing'] === true) return []
    const table = context.table(config.relation)
    return [
      transaction(config, table, `make the old name ${qualified(oldName(table))} again`, [
        ...oldNameOf(table).recreate(table, context.plan.name),
        ...settlePrivileges(
          context.plan.name,
          [oldName(table), oldNameOf(table).other(table)].map((name) => tableStandIn(table, name)),
        ),
        ...(record['isWatched'] === true ? watchStatements(table, context) : []),
        ...restoreBodies(recordedBodies(record)),
        ...restoreDefaults(recordedDefaults(record), context, true),
      ]),
    ]
  },
}

function bodiesOf(relation: number, context: StepContext): ReplacedBody[] {
  return bodiesToReplace(context, ({ last }) => last.find(({ unit }) => unit === tableUnit(relation)))
}

function transaction(
  { database, relation }: Config,
  table: TableFacts,
  sentence: string,
  statements: readonly string[],
): TransactionAction {
  return {
    id: `contract-${relation}`,
    policy: 'transaction',
    sentence,
    database,
    lock: 'ACCESS EXCLUSIVE',
    lockedRelations: [oldName(table)],
    lockFirst: [],
    statements,
    again:
      'the catalog tells whether the old name is there; it is dropped or made in one transaction with its journal row',
  }
}
