// Written by `npm run generate` from the files of this folder; do not edit.
import { awaitQuiet } from './await-quiet.ts'
import { awaitUnused } from './await-unused.ts'
import { contractRoutine } from './contract-routine.ts'
import { contractSequences } from './contract-sequences.ts'
import { contractTable } from './contract-table.ts'
import { drillBackup } from './drill-backup.ts'
import { dropStage } from './drop-stage.ts'
import { expandRoutine } from './expand-routine.ts'
import { expandTable } from './expand-table.ts'
import { moveTypes } from './move-types.ts'
import { prepareSchema } from './prepare-schema.ts'
import { prepareStage } from './prepare-stage.ts'
import { rewriteBodies } from './rewrite-bodies.ts'
import { runProbes } from './run-probes.ts'
import { setPathStep } from './set-path.ts'
import { subscribersContract } from './subscribers-contract.ts'
import { subscribersFollow } from './subscribers-follow.ts'
import { subscribersReady } from './subscribers-ready.ts'
import { switchRoutines } from './switch-routines.ts'
import { switchTables } from './switch-tables.ts'
import { takeBackup } from './take-backup.ts'
import { unwatchStructure } from './unwatch-structure.ts'
import { watchNames } from './watch-names.ts'
import { watchStructure } from './watch-structure.ts'
import type { StepKind } from './kind.ts'

const kinds = [
  awaitQuiet,
  awaitUnused,
  contractRoutine,
  contractSequences,
  contractTable,
  drillBackup,
  dropStage,
  expandRoutine,
  expandTable,
  moveTypes,
  prepareSchema,
  prepareStage,
  rewriteBodies,
  runProbes,
  setPathStep,
  subscribersContract,
  subscribersFollow,
  subscribersReady,
  switchRoutines,
  switchTables,
  takeBackup,
  unwatchStructure,
  watchNames,
  watchStructure,
]

const byName = new Map(kinds.map((kind) => [kind.kind, kind as unknown as StepKind]))

/** The kind of step of that name. */
export function stepKind(name: string): StepKind {
  const kind = byName.get(name)
  if (kind === undefined) throw new Error(`there is no step kind "${name}"`)
  return kind
}
