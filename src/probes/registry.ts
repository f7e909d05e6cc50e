// Written by `npm run generate` from the files of this folder; do not edit.
import { connection } from './connection.ts'
import { content } from './content.ts'
import { foreignKeys } from './foreign-keys.ts'
import { functions } from './functions.ts'
import { grants } from './grants.ts'
import { isolation } from './isolation.ts'
import { names } from './names.ts'
import { parity } from './parity.ts'
import { sequences } from './sequences.ts'
import { traffic } from './traffic.ts'
import type { Probe } from './probe.ts'

/** Every probe, by its id. */
export const probes: ReadonlyMap<string, Probe> = new Map(
  [connection, content, foreignKeys, functions, grants, isolation, names, parity, sequences, traffic].map(
    (probe) => [probe.id, probe],
  ),
)
