import type { TableFacts } from '../survey/facts.ts'
import { pathSchemas } from '../survey/search-path.ts'

/** The search_path by which tables are found whose old name is their name alone; empty when there is none. */
export function pathFor(tables: readonly TableFacts[]): string[] {
  const bare = tables.filter(({ compat }) => compat === 'search-path')
  return [...new Set([...bare.map(({ source }) => source), ...pathSchemas(bare)])]
}
