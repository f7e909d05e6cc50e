import { journalSchema } from '../catalog/names.ts'
import { ident, literal } from '../pg/quoting.ts'
import { ownPrefix } from '../pg/own-session.ts'

const isOwnSession = `${ident(journalSchema)}.is_own_session()`

/**
 * A statement of PL/pgSQL for sessions of this tool only, in functions that clients make run. Nearly every client is known
 * by its application name at once, and what that only seems to say is looked up in the journal. PL/pgSQL plans a statement
 * when it comes to it, so that a journal that is gone fails nobody's statement.
 */
export function ifOwn(statement: string): string {
  return (
    `if pg_catalog.current_setting('application_name') like ${literal(`${ownPrefix}%`)} then ` +
    `if pg_catalog.to_regprocedure(${literal(isOwnSession)}) is not null then ` +
    `if ${isOwnSession} then ${statement} end if; end if; end if;`
  )
}
