// Written by `npm run generate` from the files of this folder; do not edit.
import { content } from './content.ts'
import { foreignKeys } from './foreign-keys.ts'
import { functions } from './functions.ts'
import { grants } from './grants.ts'
import { names } from './names.ts'
import { parity } from './parity.ts'
import { sequences } from './sequences.ts'
import type { Probe } from './probe.ts'

/** Every probe, by its id. */
export const probes: ReadonlyMap<string, Probe> = new Map(
  [content, foreignKeys, functions, grants, names, parity, sequences].map((probe) => [probe.id, probe]),
)
