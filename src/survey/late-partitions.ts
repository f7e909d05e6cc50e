import type { Facts, TableFacts } from './facts.ts'
import type { Relation } from '../catalog/relations.ts'

/** A partition that is not part of the move, with the moved table above it. */
export interface LatePartition {
  readonly relation: Relation
  readonly table: TableFacts
  /** Will it become part of the move? Not in a schema of its own, nor at its new name before its table is. */
  readonly joins: boolean
}

/** Partitions that were made or attached since the run began, or were elsewhere all the time. */
export function latePartitions({ resolved, tables }: Facts): LatePartition[] {
  const byOid = new Map(tables.map((table) => [table.relation, table]))
  return resolved.strayPartitions.flatMap(({ root, relation }) => {
    const table = byOid.get(root)
    if (table === undefined) return []
    const isThere = relation.schema === table.target && table.live.schema === table.target
    return [{ relation, table, joins: isThere || relation.schema === table.source }]
  })
}
