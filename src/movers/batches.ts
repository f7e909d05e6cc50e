import { isView } from '../catalog/relations.ts'
import type { TableFacts } from '../survey/facts.ts'

/**
 * Each table holds its lock 1 to 2 ms. With 20 to a transaction clients waited 11 to 14 ms, with 10 half of that, and a
 * service may as well be switched in several transactions.
 */
export const batchSize = 10

/**
 * Cuts a service's tables into transactions; a partitioned table and its partitions stay together whatever their number.
 * A view goes alone: whoever uses it locks it before the tables below it, the runner locks it after others of its own.
 */
export function batches(tables: readonly TableFacts[]): TableFacts[][] {
  const families = new Map<number, TableFacts[]>()
  for (const table of tables) families.set(table.family, [...(families.get(table.family) ?? []), table])
  const parts: TableFacts[][] = []
  for (const family of families.values()) {
    const last = parts.at(-1)
    const fits = last !== undefined && last.length + family.length <= batchSize
    if (fits && ![...last, ...family].some(({ live }) => isView(live))) last.push(...family)
    else parts.push([...family])
  }
  return parts
}
