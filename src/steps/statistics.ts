import { ident, qualified } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'

/** Statistics objects that were beside their table follow it to another schema; others stay where somebody put them. */
export function moveStatistics(table: TableFacts, from: string, to: string): string[] {
  return table.statistics
    .filter(({ schema, isMine }) => schema === from && isMine)
    .map((statistics) => `alter statistics ${qualified(statistics)} set schema ${ident(to)}`)
}
