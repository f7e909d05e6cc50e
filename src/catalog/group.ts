/** Gathers rows of one catalog query under the table they belong to; order within a table is kept. */
export function byRelation<R extends { relation: number }>(rows: readonly R[]): Map<number, R[]> {
  const groups = new Map<number, R[]>()
  for (const row of rows) {
    const group = groups.get(row.relation)
    if (group === undefined) groups.set(row.relation, [row])
    else group.push(row)
  }
  return groups
}
