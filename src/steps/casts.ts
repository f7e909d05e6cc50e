import { qualified } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import { newName } from './names.ts'

/**
 * Functions that take a row of the table are called through a view with a row of the view: the two row types must turn
 * into each other. `view` is the name of the view's type while the table is at its new name.
 */
export function createCasts(table: TableFacts, view: string, home = qualified(newName(table))): string[] {
  return pairs(table, view, home).map(([from, to]) => `create cast (${from} as ${to}) with inout as implicit`)
}

export function dropCasts(table: TableFacts, view: string, home = qualified(newName(table))): string[] {
  return pairs(table, view, home).map(([from, to]) => `drop cast if exists (${from} as ${to})`)
}

function pairs({ rowTypeUses }: TableFacts, view: string, home: string): [string, string][] {
  if (rowTypeUses.length === 0) return []
  return [
    [home, view],
    [view, home],
  ]
}
