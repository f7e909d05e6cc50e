import { isView } from '../catalog/relations.ts'
import { ident, qualified } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { StepContext } from './kind.ts'
import { newName, oldName } from './names.ts'

/** Publications FOR TABLES IN SCHEMA that would silently lose a table which leaves the schema. */
export function published({ source, live }: TableFacts, { facts }: StepContext): string[] {
  if (live.isPartition || isView(live)) return []
  return facts.replication.publications
    .filter(({ how, schema }) => how === 'schema' && schema === source)
    .map(({ name }) => name)
}

/** The table is named in those publications, so that they go on publishing it. */
export function publish(table: TableFacts, context: StepContext): string[] {
  return published(table, context).map(
    (name) => `alter publication ${ident(name)} add table ${qualified(newName(table))}`,
  )
}

/** Back in its schema, it need not be named any more. */
export function unpublish(table: TableFacts, publication: string): string {
  return `alter publication ${ident(publication)} drop table ${qualified(oldName(table))}`
}
