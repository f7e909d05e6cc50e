import { ident } from '../pg/quoting.ts'
import type { TransactionAction } from './action.ts'
import type { StepKind } from './kind.ts'

type Config = { readonly database: string; readonly source: string; readonly path: readonly string[] }

/**
 * Gives functions that run because of a row (triggers, checks, defaults) a search_path of their own. They run with
 * the path of whoever writes: a client of the new schema would not find what they name. The path holds the old
 * schema first and every new one after it, so that they find the names before and after contract.
 */
export const pinRoutines: StepKind<Config> = {
  kind: 'pin-routines',
  traits: { lock: 'none', reversible: 'always' },
  summary: (config, { facts }) => {
    const count = facts.unpinned.filter(({ source, isMine }) => source === config.source && isMine).length
    return `set search_path of ${count === 1 ? '1 function' : `${count} functions`} that row triggers, checks and defaults run`
  },
  undoSummary: () => 'reset search_path of those functions',
  observe: (config, { facts }) =>
    facts.unpinned.some(({ source, isMine }) => source === config.source && isMine) ? 'absent' : 'present',
  record: (config, { facts }) => ({
    routines: facts.unpinned
      .filter(({ source, isMine }) => source === config.source && isMine)
      .map(({ signature }) => signature),
  }),
  actions: (config, { facts }) => [
    action(
      config,
      'pin the search_path of functions that rows make run',
      facts.unpinned
        .filter(({ source, isMine }) => source === config.source && isMine)
        .map(
          ({ signature }) =>
            `alter routine ${signature} set search_path = ${config.path.map(ident).join(', ')}`,
        ),
    ),
  ],
  undo: (config, _context, record) => [
    action(
      config,
      'reset the search_path of functions that were pinned',
      ((record['routines'] ?? []) as string[]).map(
        (signature) => `alter routine ${signature} reset search_path`,
      ),
    ),
  ],
}

function action(config: Config, sentence: string, statements: string[]): TransactionAction {
  return {
    id: `pin-${config.source}`,
    policy: 'transaction',
    sentence,
    database: config.database,
    lock: 'none',
    lockedRelations: [],
    lockFirst: [],
    statements,
    again: 'the same path is set again',
  }
}
