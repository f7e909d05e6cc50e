import { journalSchema } from '../pg/own-session.ts'

export { journalSchema }
/** Where a view waits for the instant in which it and its table change places; empty of relations outside a transaction. */
export const stageSchema = 'migrate_stage'
/** Where a restore keeps the rows that it has changed. */
export const keptSchema = 'migrate_kept'
/** No table may be moved out of them or into them. */
export const ownSchemas: readonly string[] = [journalSchema, stageSchema, keptSchema]

/** Why a name cannot be that of any object of PostgreSQL, or undefined when it can. */
export function nameProblem(name: string): string | undefined {
  const bytes = Buffer.byteLength(name)
  // PostgreSQL would cut the name silently, and two names could become one.
  if (bytes > 63) return `"${name}" has ${bytes} bytes; PostgreSQL's names have at most 63`
  if (name.includes('\0')) return 'a name cannot contain a NUL character'
  return undefined
}

/** Why tables cannot be moved out of or into a schema of this name, or undefined when they can. */
export function schemaNameProblem(name: string): string | undefined {
  if (name.startsWith('pg_') || name === 'information_schema') return `schema "${name}" belongs to PostgreSQL`
  if (ownSchemas.includes(name)) return `schema "${name}" is where this tool keeps its own state`
  return nameProblem(name)
}
