import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import { createCasts } from './casts.ts'
import { newName } from './names.ts'
import { createView } from './view.ts'

/** A view over the table at its new name, and the casts between their row types. */
export function standIn(view: QualifiedName, table: TableFacts, planName: string): string[] {
  return [...createView(view, newName(table), table, planName), ...createCasts(table, qualified(view))]
}
