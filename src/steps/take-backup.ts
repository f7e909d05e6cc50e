import type { StepKind } from './kind.ts'

type Config = { readonly database: string; readonly relations: readonly number[] }

/** Dumps the tables that the phase touches, under one snapshot, before anything of the phase happens. */
export const takeBackup: StepKind<Config> = {
  kind: 'take-backup',
  traits: { lock: 'ACCESS SHARE' },
  summary: ({ relations }) =>
    `pg_dump of ${relations.length === 1 ? '1 table' : `${relations.length} tables`}`,
  undoSummary: () => 'the files are kept',
  // A backup belongs to the moment before its phase: only the journal knows whether it was taken.
  observe: () => 'unknown',
  actions: ({ database, relations }) => [
    {
      id: 'backup',
      policy: 'backup',
      sentence: 'dump the tables with pg_dump and write the manifest',
      database,
      relations,
      again: 'an unfinished dump is removed and taken anew; finished ones are kept beside each other',
    },
  ],
  undo: () => [],
}
