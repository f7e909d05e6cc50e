import { pathText, pinnedPath } from '../survey/search-path.ts'
import { withoutLocks, type TransactionAction } from './action.ts'
import type { StepContext, StepKind } from './kind.ts'

type Config = { readonly database: string; readonly source: string }

/**
 * Gives functions that run because of a row (triggers, checks, defaults) a search_path of their own. They run with
 * the path of whoever writes: a client of the new schema would not find what they name.
 */
export const pinRoutines: StepKind<Config> = {
  kind: 'pin-routines',
  traits: { lock: 'none' },
  summary: (config, context) => {
    const count = toPin(config, context).length
    return `set search_path of ${count === 1 ? '1 function' : `${count} functions`} that row triggers, checks and defaults run`
  },
  undoSummary: () => 'reset search_path of those functions',
  observe: (config, context) => (toPin(config, context).length > 0 ? 'absent' : 'present'),
  record: (config, context) => ({ routines: toPin(config, context) }),
  actions: (config, context) => [
    routinesTransaction(
      config,
      'pin the search_path of functions that rows make run',
      setPath(toPin(config, context), pathText(pinnedPath(context.plan, config.source, 'old'))),
    ),
  ],
  undo: (config, _context, record) => [
    routinesTransaction(
      config,
      'reset the search_path of functions that were pinned',
      resetPath((record['routines'] ?? []) as string[]),
    ),
  ],
}

function toPin(config: Config, { facts }: StepContext): string[] {
  return facts.unpinned
    .filter(({ source, isMine }) => source === config.source && isMine)
    .map(({ signature }) => signature)
}

export function setPath(signatures: readonly string[], path: string): string[] {
  return signatures.map((signature) => `alter routine ${signature} set search_path = ${path}`)
}

export function resetPath(signatures: readonly string[]): string[] {
  return signatures.map((signature) => `alter routine ${signature} reset search_path`)
}

export function routinesTransaction(
  config: Config,
  sentence: string,
  statements: readonly string[],
): TransactionAction {
  return withoutLocks({
    id: `routines-${config.source}`,
    sentence,
    database: config.database,
    statements,
    again: 'the same path is set or reset again',
  })
}
