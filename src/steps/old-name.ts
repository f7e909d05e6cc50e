import type { QualifiedName } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'

/** What becomes of an old name: the statements that move a table and leave, or do not leave, something in its place. */
export interface OldName {
  /** What is locked before the table goes back: clients of the old name lock it first, and so must the runner. */
  lockBack(table: TableFacts): QualifiedName
  /** The view that stands in for the table once it has gone: under the old name, or set aside for the way back. */
  other(table: TableFacts): QualifiedName
  /** From "table at the old name, facade at the new one" to "table at the new name". */
  forward(table: TableFacts): string[]
  /** The mirror image. */
  back(table: TableFacts): string[]
  /** The old name, or what is kept for the way back, is given up. */
  contract(table: TableFacts): string[]
  /** Makes it again, from "table at the new name, nothing else". */
  recreate(table: TableFacts, planName: string): string[]
  /** What contract drops, in words. */
  readonly dropped: string
}
