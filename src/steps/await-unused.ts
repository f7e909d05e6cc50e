import type { StepKind } from './kind.ts'

type Config = { readonly database: string; readonly relations: readonly number[] }

/** Policy late: the tables stay at their old names for as long as someone uses these. */
export const awaitUnused: StepKind<Config> = {
  kind: 'await-unused',
  traits: { lock: 'none', repeats: true },
  summary: ({ relations }) =>
    `see that no one is using ${relations.length === 1 ? '1 table' : `${relations.length} tables`} by the old name`,
  undoSummary: () => 'nothing to undo',
  observe: ({ relations }, context) =>
    relations.some((relation) => context.table(relation).location.stand === 'expanded')
      ? 'absent'
      : 'present',
  actions: ({ database, relations }) => [
    {
      id: 'unused',
      policy: 'gate',
      evidence: 'tables',
      sentence: 'watch who uses the tables by their old names',
      database,
      relations,
      quietMs: 0,
      again: 'it only reads',
    },
  ],
  undo: () => [],
}
