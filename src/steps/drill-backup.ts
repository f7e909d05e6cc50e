import type { StepKind } from './kind.ts'

type Config = { readonly database: string; readonly relations: readonly number[] }

/** Restores the newest backup of the phase’s tables into a scratch database and compares it, before anything is changed. */
export const drillBackup: StepKind<Config> = {
  kind: 'drill-backup',
  traits: { lock: 'none' },
  summary: () => 'drill: restore the newest backup of these tables elsewhere and compare it',
  undoSummary: () => 'nothing to undo',
  observe: () => 'unknown',
  actions: ({ database, relations }) => [
    {
      id: 'drill',
      policy: 'drill',
      sentence: 'restore the backup into a scratch database, compare it with its manifest, and drop it',
      database,
      relations,
      again: 'a scratch database that a killed drill has left is dropped',
    },
  ],
  undo: () => [],
}
