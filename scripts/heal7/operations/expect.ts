import type { QueryResult } from 'pg'

/** A right answer is part of the promise: a statement that succeeds with the wrong number of rows has failed. */
export function expectRows(result: QueryResult, count: number): QueryResult {
  const seen = result.rows.length > 0 ? result.rows.length : (result.rowCount ?? 0)
  if (seen !== count) throw new Error(`${result.command} gave ${seen} rows instead of ${count}`)
  return result
}

/** The first row's column, as text. */
export function valueOf(result: QueryResult, column: string): string {
  const row = result.rows[0] as Record<string, string | number | bigint | null> | undefined
  const value = row?.[column]
  if (value === null || value === undefined) throw new Error(`${result.command} gave no ${column}`)
  return String(value)
}
