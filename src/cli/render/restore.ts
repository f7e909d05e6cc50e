import type { Beside, Prepared } from '../../engine/prepare-restore.ts'
import type { RestoreOutcome } from '../../engine/restore.ts'
import { qualified } from '../../pg/quoting.ts'
import type { Loss } from '../../restore/exchange.ts'
import type { KeptRestore } from '../../restore/kept.ts'
import { bytes } from './bytes.ts'
import { seconds } from './sentence.ts'
import { table } from './table.ts'

/** What pg_restore of single tables leaves out. */
const notMade =
  '  not made again with a table, to be made by hand: its places in publications, extended statistics, views that went with it'

/** What a restore would undo, for people. */
export function renderLosses({ source, notes, absent }: Prepared, losses: readonly Loss[]): string {
  const rows = losses.map(({ pair, added, deleted, changed }) => [
    qualified(pair.live),
    added + deleted + changed === 0
      ? 'as in the backup'
      : `lost would be: ${added} added rows, ${deleted} deletions, ${changed} changes`,
    pair.added.length === 0
      ? ''
      : `columns that came since keep their values, and have their defaults in rows put back: ${pair.added.join(', ')}`,
  ])
  return [
    `since ${source}:`,
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...absent.map((gone) => `  ${qualified(gone)}  is gone and would be made again`),
    ...(absent.length === 0 ? [] : [notMade]),
    ...notes,
  ].join('\n')
}

export function renderBeside(database: string, { tables, notes }: Beside): string {
  const rows = tables.reduce((sum, { rows: count }) => sum + count, 0)
  return [
    ...notes,
    `database ${database} holds ${tables.length} tables with ${rows} rows${notes.length === 0 ? ', each as it was backed up' : ''}`,
  ].join('\n')
}

/** The same as data. */
export function lossData({ source, notes, absent }: Prepared, losses: readonly Loss[]): object {
  return {
    source,
    notes,
    absent: absent.map(qualified),
    losses: losses.map(({ pair, added, deleted, changed }) => ({
      table: qualified(pair.live),
      added,
      deleted,
      changed,
      newColumns: pair.added,
    })),
  }
}

export function renderRestored({ id, tables, made }: RestoreOutcome): string {
  if (id === null) return 'every table is as in the backup; nothing was changed'
  const rows = tables.map(({ name, added, deleted, changed }) => [
    name,
    `${added} rows deleted, ${deleted} inserted, ${changed} changed back`,
  ])
  return [
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...made.map((name) => `  ${name}  made again`),
    ...(made.length === 0 ? [] : [notMade]),
    `restore ${id} is in place; the old rows are kept`,
    `next: migrate restore --undo ${id}        puts them back`,
    `  or: migrate restore --release ${id}        drops them`,
  ].join('\n')
}

export function renderKept(kept: readonly KeptRestore[]): string {
  if (kept.length === 0) return 'nothing is kept'
  return table(
    kept.map(({ id, state, at, by, source, bytes: size, tables }) => [
      String(id),
      state === 'begun' ? 'interrupted' : state,
      `${seconds(Date.now() - new Date(at).getTime())} ago by ${by}`,
      bytes(size),
      source,
      tables
        .map(({ name, added, deleted, changed, wasAbsent }) =>
          wasAbsent ? `${name} made again` : `${name} ${added + deleted + changed} rows`,
        )
        .join(', '),
    ]),
    '',
  )
}
