import { ident } from '../pg/quoting.ts'
import type { ObjectMapping } from '../survey/objects.ts'
import { withoutLocks, type TransactionAction } from './action.ts'

/** `f(integer, text)`, for people. */
export function spelled(object: ObjectMapping): string {
  return `${ident(object.name)}(${object.arguments})`
}

/** Statements about routines or types: they lock no table, and nobody waits for them. */
export function routinesAction(
  database: string,
  id: string,
  sentence: string,
  statements: readonly string[],
): TransactionAction {
  return withoutLocks({
    id,
    sentence,
    database,
    statements,
    again:
      'the catalog tells which of the two names is whose; they change in one transaction with the journal row',
  })
}
