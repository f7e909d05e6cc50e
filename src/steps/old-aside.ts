import { asideName, stageSchema } from '../catalog/names.ts'
import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import { newName, oldName } from './names.ts'
import type { OldName } from './old-name.ts'
import { dropCasts } from './casts.ts'
import { standIn } from './stand-in.ts'
import { attach, detach, moveSequences } from './sequences.ts'

/**
 * Nothing is left at the old name. The facade waits in the staging schema for the way back, by which the catalog also
 * tells a switched table from a contracted one.
 */
export const asideOldName: OldName = {
  dropped: 'the facade that was kept for the way back',
  lockBack: newName,
  other: aside,
  forward: (table) => [
    ...detach(table, table.source),
    ...setAside(table),
    `alter table ${qualified(oldName(table))} set schema ${ident(table.target)}`,
    ...moveSequences(table, table.source, table.target),
    ...attach(table, newName(table)),
  ],
  back: (table) => [
    ...detach(table, table.target),
    `alter table ${qualified(newName(table))} set schema ${ident(table.source)}`,
    ...takeBack(table),
    ...moveSequences(table, table.target, table.source),
    ...attach(table, oldName(table)),
  ],
  contract: dropAside,
  recreate: (table, planName) => standIn(aside(table), table, planName),
}

export function setAside(table: TableFacts): string[] {
  return [
    `alter view ${qualified(newName(table))} set schema ${ident(stageSchema)}`,
    `alter view ${qualified({ schema: stageSchema, name: table.name })} rename to ${ident(asideName(table.relation))}`,
  ]
}

export function takeBack(table: TableFacts): string[] {
  return [
    `alter view ${qualified(aside(table))} rename to ${ident(table.name)}`,
    `alter view ${qualified({ schema: stageSchema, name: table.name })} set schema ${ident(table.target)}`,
  ]
}

export function dropAside(table: TableFacts): string[] {
  return [...dropCasts(table, qualified(aside(table))), `drop view ${qualified(aside(table))} restrict`]
}

export function aside({ relation }: TableFacts): QualifiedName {
  return { schema: stageSchema, name: asideName(relation) }
}
