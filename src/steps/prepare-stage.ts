import { isMarked, markOf, stageSchema } from '../catalog/names.ts'
import { ident, literal } from '../pg/quoting.ts'
import { withoutLocks, type TransactionAction } from './action.ts'
import type { StepKind } from './kind.ts'

type Config = { readonly database: string }

/** Makes the empty schema through which views and tables change places without a change of name. */
export const prepareStage: StepKind<Config> = {
  kind: 'prepare-stage',
  traits: { lock: 'none' },
  summary: () => `create schema ${ident(stageSchema)}, in which a view waits during a swap`,
  undoSummary: () => `drop schema ${ident(stageSchema)}`,
  observe(_config, { facts, plan }) {
    const found = facts.schemas.get(stageSchema)
    return found === undefined ? 'absent' : isMarked(found.comment, plan.name) ? 'present' : 'unknown'
  },
  actions: ({ database }, { plan }) => [createStage(database, plan.name)],
  undo: ({ database }) => [
    action(database, `drop schema ${ident(stageSchema)}`, [
      `drop schema if exists ${ident(stageSchema)} restrict`,
    ]),
  ],
}

export function createStage(database: string, planName: string): TransactionAction {
  return action(database, `create schema ${ident(stageSchema)}`, [
    `create schema if not exists ${ident(stageSchema)}`,
    `comment on schema ${ident(stageSchema)} is ${literal(markOf(planName))}`,
  ])
}

function action(database: string, sentence: string, statements: string[]): TransactionAction {
  return withoutLocks({
    id: 'stage',
    sentence,
    database,
    statements,
    again: 'the schema is made or dropped only if it has to be',
  })
}
