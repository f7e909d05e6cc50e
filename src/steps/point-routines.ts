import { pathText, pinnedPath } from '../survey/search-path.ts'
import type { StepContext, StepKind } from './kind.ts'
import { resetPath, routinesTransaction, setPath } from './pin-routines.ts'

type Config = { readonly database: string; readonly source: string }

/**
 * Before the old names go: functions that go on naming what has moved without a schema find it by the new names from now
 * on. Those that were pinned get the new schemas first; those whose text cannot be rewritten and that used their
 * callers' search_path get one of their own, since callers with the old path alone would find nothing any more.
 */
export const pointRoutines: StepKind<Config> = {
  kind: 'point-routines',
  traits: { lock: 'none' },
  summary: (config, context) => {
    const count = pinned(config, context).length + byName(config, context).length
    return `point ${count === 1 ? '1 function' : `${count} functions`} at the new names by search_path`
  },
  undoSummary: () => 'point those functions at the old names again',
  observe: (config, context) =>
    pinned(config, context).length + byName(config, context).length > 0 ? 'absent' : 'present',
  record: (config, context) => ({ pinned: pinned(config, context), byName: byName(config, context) }),
  actions: (config, context) => [
    routinesTransaction(
      config,
      'put the new schemas first in the search_path of functions that name moved tables',
      setPath(
        [...pinned(config, context), ...byName(config, context)],
        pathText(pinnedPath(context.plan, config.source, 'new')),
      ),
    ),
  ],
  undo: (config, context, record) => [
    routinesTransaction(config, 'put the old schema first again', [
      ...setPath(
        (record['pinned'] ?? []) as string[],
        pathText(pinnedPath(context.plan, config.source, 'old')),
      ),
      ...resetPath((record['byName'] ?? []) as string[]),
    ]),
  ],
}

function pinned(config: Config, { facts }: StepContext): string[] {
  return facts.pinnedOld
    .filter(({ source, isMine }) => source === config.source && isMine)
    .map(({ signature }) => signature)
}

/**
 * Functions without a path of their own whose text may name what moves in a way that cannot be rewritten; procedures are
 * left alone, as a SET clause would keep them from committing.
 */
function byName(config: Config, { facts }: StepContext): string[] {
  const moved = new Set(
    [...facts.tables, ...facts.routines, ...facts.types]
      .filter(({ source }) => source === config.source)
      .map(({ name }) => name),
  )
  return facts.bodies
    .filter(({ path, isMine, isProcedure }) => path === null && isMine && !isProcedure)
    .filter(({ doubts }) => doubts.some(({ name }) => moved.has(name)))
    .map(({ signature }) => signature)
}
