import { formatDuration } from '../plan/duration.ts'
import type { StepKind } from './kind.ts'

type Config = { readonly database: string; readonly relations: readonly number[]; readonly quietMs: number }

/** Refuses to go on while the evidence says that someone uses the old names. */
export const awaitQuiet: StepKind<Config> = {
  kind: 'await-quiet',
  traits: { lock: 'none' },
  summary: ({ quietMs }) =>
    quietMs === 0
      ? 'see that no one is using an old name'
      : `see that no one has used an old name for ${formatDuration(quietMs)}`,
  undoSummary: () => 'nothing to undo',
  observe: () => 'unknown',
  actions: ({ database, relations, quietMs }) => [
    {
      id: 'quiet',
      policy: 'gate',
      evidence: 'views',
      sentence: 'read the evidence of use of the old names',
      database,
      relations,
      quietMs,
      again: 'it only reads',
    },
  ],
  undo: () => [],
}
