import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { StepContext, StepData } from './kind.ts'
import { newName, oldName } from './names.ts'

/** A default that was written anew, as the journal keeps it. */
export type ReplacedDefault = {
  readonly relation: number
  /** The object with which it changes, where that is not the step as a whole. */
  readonly of?: number
  readonly column: string
  readonly before: string
  readonly after: string
}

/** The defaults that find by a text what moves in that part of contract. */
export function defaultsToReplace({ facts }: StepContext, unit: string): ReplacedDefault[] {
  return facts.defaultChanges
    .filter((change) => change.unit === unit)
    .map(({ relation, column, before, after }) => ({ relation, column, before, after }))
}

export function recordedDefaults(record: StepData): readonly ReplacedDefault[] {
  return (record['defaults'] ?? []) as readonly ReplacedDefault[]
}

/** The old names are gone by then. */
export function replaceDefaults(defaults: readonly ReplacedDefault[], context: StepContext): string[] {
  return defaults.map(({ relation, column, after }) =>
    setDefault(newName(context.table(relation)), column, after),
  )
}

/** Of what has the old name as well, where that is there again: it was made with the default of that moment. */
export function restoreDefaults(
  defaults: readonly ReplacedDefault[],
  context: StepContext,
  isOldNameThere: boolean,
): string[] {
  return defaults.flatMap(({ relation, column, before }) => {
    const table = context.table(relation)
    const names = [newName(table), ...(isOldNameThere ? [oldName(table)] : [])]
    return names.map((name) => setDefault(name, column, before))
  })
}

function setDefault(name: QualifiedName, column: string, expression: string): string {
  return `alter table ${qualified(name)} alter column ${ident(column)} set default ${expression}`
}
