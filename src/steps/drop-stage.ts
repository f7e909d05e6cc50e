import { stageSchema } from '../catalog/names.ts'
import { ident } from '../pg/quoting.ts'
import { withoutLocks } from './action.ts'
import type { StepKind } from './kind.ts'
import { createStage } from './prepare-stage.ts'

type Config = { readonly database: string }

/** Removes the staging schema when no view has to change places any more. */
export const dropStage: StepKind<Config> = {
  kind: 'drop-stage',
  traits: { lock: 'none', destroys: 'the empty staging schema' },
  summary: () => `drop schema ${ident(stageSchema)}`,
  undoSummary: () => `create schema ${ident(stageSchema)} again`,
  observe: (_config, { facts }) => (facts.schemas.has(stageSchema) ? 'absent' : 'present'),
  actions: ({ database }) => [
    withoutLocks({
      id: 'drop-stage',
      sentence: `drop schema ${ident(stageSchema)}`,
      database,
      statements: [`drop schema if exists ${ident(stageSchema)} restrict`],
      again: 'a schema that is gone stays gone',
    }),
  ],
  undo: ({ database }, { plan }) => [createStage(database, plan.name)],
}
