import type { Trap } from './trap.ts'
import { definitionTraps } from './traps/definitions.ts'
import { maintenanceTraps } from './traps/maintenance.ts'
import { nameTraps } from './traps/names.ts'
import { oidTraps } from './traps/oids.ts'
import { queryTraps } from './traps/queries.ts'
import { sequenceTraps } from './traps/sequences.ts'
import { writeTraps } from './traps/writes.ts'

export const traps: readonly Trap[] = [
  ...writeTraps,
  ...queryTraps,
  ...sequenceTraps,
  ...oidTraps,
  ...definitionTraps,
  ...maintenanceTraps,
  ...nameTraps,
]
