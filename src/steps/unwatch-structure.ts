import type { StepKind } from './kind.ts'
import { unwatchAction, watchAction } from './watch-structure.ts'

type Config = { readonly database: string }

/** The old names are gone: the structure of the tables is their owners' again. */
export const unwatchStructure: StepKind<Config> = {
  kind: 'unwatch-structure',
  traits: { lock: 'none' },
  summary: () => 'stop looking for changes of structure',
  undoSummary: () => 'look for changes of structure again',
  observe: (_config, { facts }) => (facts.structureWatch === null ? 'present' : 'absent'),
  actions: ({ database }, { facts }) => (facts.structureWatch === null ? [] : [unwatchAction(database)]),
  undo: ({ database }, context) => (context.facts.server.isSuperuser ? [watchAction(database, context)] : []),
}
