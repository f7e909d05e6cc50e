import { bodiesToReplace, recordedBodies, replaceBodies, restoreBodies } from './bodies.ts'
import type { TransactionAction } from './action.ts'
import type { ReplacedBody } from './bodies.ts'
import type { StepContext, StepKind } from './kind.ts'

type Config = { readonly database: string }

/**
 * Before the old names go: functions and procedures whose text names what has moved name it by the new names from now
 * on. Those that were parsed when they were made need nothing, as they hold no names.
 */
export const rewriteBodies: StepKind<Config> = {
  kind: 'rewrite-bodies',
  traits: { lock: 'ACCESS SHARE', renames: true },
  summary: (_config, context) => {
    const names = toRewrite(context).map((body) => body.function)
    if (names.length === 0) return 'rewrite 0 functions'
    const shown =
      names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
    return `rewrite ${names.length === 1 ? '1 function' : `${names.length} functions`} with the new names: ${shown}`
  },
  undoSummary: () => 'give those functions their old text again',
  observe: (_config, context) => (toRewrite(context).length > 0 ? 'absent' : 'present'),
  record: (_config, context) => ({ bodies: toRewrite(context) }),
  texts: (_config, context) =>
    toRewrite(context).map(({ function: name, before, after }) => ({ name, before, after })),
  actions(config, context) {
    const statements = replaceBodies(toRewrite(context))
    if (statements.length === 0) return []
    return [action(config, 'write the new names into the text of functions', statements)]
  },
  undo(config, _context, record) {
    const statements = restoreBodies(recordedBodies(record))
    return statements.length === 0 ? [] : [action(config, 'give functions their old text again', statements)]
  },
}

function toRewrite(context: StepContext): ReplacedBody[] {
  return bodiesToReplace(context, ({ renamed }) => renamed)
}

function action({ database }: Config, sentence: string, statements: readonly string[]): TransactionAction {
  return {
    id: 'bodies',
    policy: 'transaction',
    sentence,
    database,
    lock: 'ACCESS SHARE',
    lockedRelations: [],
    lockFirst: [],
    statements,
    again: 'a function that has the text already is not among them',
  }
}
