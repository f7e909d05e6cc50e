import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { TransactionAction } from './action.ts'
import { newName, oldName } from './names.ts'

/** Sequences of serial columns; those of identity columns cannot be detached and move with their table. */
export function ownedSequences(
  table: TableFacts,
  schema: string = table.source,
): readonly (QualifiedName & { readonly column: string })[] {
  return table.sequences
    .filter(({ kind }) => kind === 'owned')
    .map(({ name, column }) => ({ schema, name, column }))
}

/** Takes the sequences of a table away from their column, wherever that is. */
export function detach(table: TableFacts, schema?: string): string[] {
  return ownedSequences(table, schema).map(
    (sequence) => `alter sequence ${qualified(sequence)} owned by none`,
  )
}

/** Gives them to the column of that relation; both must be in one schema. */
export function attach(table: TableFacts, owner: QualifiedName): string[] {
  return ownedSequences(table, owner.schema).map(
    (sequence) =>
      `alter sequence ${qualified(sequence)} owned by ${qualified(owner)}.${ident(sequence.column)}`,
  )
}

/** Detached sequences change their schema. */
export function moveSequences(table: TableFacts, from: string, to: string): string[] {
  return ownedSequences(table, from).map(
    (sequence) => `alter sequence ${qualified(sequence)} set schema ${ident(to)}`,
  )
}

/**
 * nextval() locks a sequence until its transaction ends. A client that takes its key first and inserts later
 * (Hibernate does) therefore deadlocks with the swap every time; detaching the sequences just before avoids it.
 */
export function relief(tables: readonly TableFacts[]): Pick<TransactionAction, 'relief'> {
  const owned = tables.filter((table) => ownedSequences(table).length > 0)
  if (owned.length === 0) return {}
  return {
    relief: {
      sentence: 'detach the sequences just before the swap',
      before: owned.flatMap((table) => detach(table, sequenceHome(table).schema)),
      restore: owned.flatMap((table) => attach(table, sequenceHome(table))),
    },
  }
}

/** The relation whose column owns the sequences of a table now. */
function sequenceHome(table: TableFacts): QualifiedName {
  const isAway = table.location.stand === 'switched' && table.location.aside !== null
  return isAway && table.location.shell === null ? newName(table) : oldName(table)
}
