import { isView } from '../catalog/relations.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Mapping } from '../survey/mapping.ts'

/**
 * Each table holds its lock 1 to 2 ms. With 20 to a transaction clients waited 11 to 14 ms, with 10 half of that, and a
 * service may as well be switched in several transactions.
 */
export const batchSize = 10

/**
 * Cuts a service's tables into transactions; a partitioned table and its partitions stay together whatever their number.
 * A view goes alone: whoever uses it locks it before the tables below it, the runner locks it after others of its own.
 *
 * A batch is a step of the journal, so that tables which came or went since the run began must not change the others'.
 */
export function batches(mappings: readonly Mapping[], live: ReadonlyMap<number, TableFacts>): TableFacts[][] {
  const parts: Mapping[][] = []
  for (const family of families(mappings.filter(({ isAdopted }) => !isAdopted))) {
    const last = parts.at(-1)
    const fits = last !== undefined && last.length + family.length <= batchSize
    const goesAlone = [...(last ?? []), ...family].some(({ relation }) => isViewAt(live.get(relation)))
    if (fits && !goesAlone) last.push(...family)
    else parts.push([...family])
  }
  for (const late of mappings.filter(({ isAdopted }) => isAdopted))
    parts.find((part) => part.some(({ family }) => family === late.family))?.push(late)
  return parts.map((part) => part.flatMap(({ relation }) => live.get(relation) ?? []))
}

function families(mappings: readonly Mapping[]): Iterable<Mapping[]> {
  const found = new Map<number, Mapping[]>()
  for (const mapping of mappings) found.set(mapping.family, [...(found.get(mapping.family) ?? []), mapping])
  return found.values()
}

function isViewAt(table: TableFacts | undefined): boolean {
  return table !== undefined && isView(table.live)
}
