import type { KnownTable, Named } from './known.ts'

/** Something a query reads or writes, by the name that its columns are qualified with. */
export interface Source {
  readonly alias: string
  /** Undefined for a subquery, a function, a CTE, and a table that does not move. */
  readonly named: Named | undefined
}

/** One level of a query: what its FROM offers and which CTEs it sees. */
export interface Level {
  readonly parent: Level | undefined
  readonly ctes: ReadonlySet<string>
  readonly sources: readonly Source[]
}

export const outermost: Level = { parent: undefined, ctes: new Set(), sources: [] }

/** A column as a statement names it: the moved tables it may belong to (manual, chapter 4.2.1). */
export function ownersOf(level: Level, names: readonly string[]): readonly Named[] {
  const column = names.at(-1)
  const qualifier = names.at(-2)
  if (column === undefined) return []
  for (let at: Level | undefined = level; at !== undefined; at = at.parent) {
    if (at.sources.length === 0) continue
    if (qualifier === undefined) return at.sources.flatMap(({ named }) => named ?? [])
    const source = at.sources.find(({ alias }) => alias === qualifier)
    if (source !== undefined) return source.named === undefined ? [] : [source.named]
  }
  return []
}

/** The sources of one level that a column belongs to, by the columns that moved tables are known to have. */
export function sourcesOf(level: Level, names: readonly string[]): readonly Source[] {
  const [column, qualifier] = [names.at(-1), names.at(-2)]
  return level.sources.filter(({ alias, named }) =>
    qualifier === undefined ? named !== undefined && hasColumn(named.table, column) : alias === qualifier,
  )
}

function hasColumn(table: KnownTable, column: string | undefined): boolean {
  return table.columns.some(({ name }) => name === column)
}
