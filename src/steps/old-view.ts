import { stageSchema } from '../catalog/names.ts'
import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import { newName, oldName } from './names.ts'
import type { OldName } from './old-name.ts'
import { attach, detach, moveSequences, ownedSequences } from './sequences.ts'
import { dropCasts } from './casts.ts'
import { standIn } from './stand-in.ts'
import { dropTelltale } from './telltale.ts'

/**
 * Table and facade change places: a view under the old name, which takes the sequences with it, since a view's column
 * may own one and pg_get_serial_sequence() by the old name goes on answering.
 */
export const viewOldName: OldName = {
  dropped: 'the view under the old name',
  lockBack: oldName,
  other: oldName,
  forward: (table) => swap(table, oldName(table), newName(table)),
  back: (table) => swap(table, newName(table), oldName(table)),
  contract: (table) => [
    ...detach(table),
    // Inserts wait for the sequence from here on, so the view must be had quickly or not at all.
    ...(ownedSequences(table).length === 0 ? [] : [`set local lock_timeout = 20`]),
    ...moveSequences(table, table.source, table.target),
    ...attach(table, newName(table)),
    ...dropCasts(table, qualified(oldName(table))),
    // Never CASCADE: whatever still depends on the old name must be seen.
    `drop view ${qualified(oldName(table))} restrict`,
    ...dropTelltale(table.relation),
  ],
  recreate: (table, planName) => [
    ...standIn(oldName(table), table, planName),
    ...detach(table, table.target),
    `set local lock_timeout = 20`,
    ...moveSequences(table, table.target, table.source),
    ...attach(table, oldName(table)),
  ],
}

function swap(table: TableFacts, from: QualifiedName, to: QualifiedName): string[] {
  const stage: QualifiedName = { schema: stageSchema, name: table.name }
  return [
    ...detach(table),
    `alter view ${qualified(to)} set schema ${ident(stageSchema)}`,
    `alter table ${qualified(from)} set schema ${ident(to.schema)}`,
    `alter view ${qualified(stage)} set schema ${ident(from.schema)}`,
    ...attach(table, oldName(table)),
  ]
}
