import { type Client, DatabaseError, type FieldDef, type QueryArrayResult } from 'pg'
import type { Group, Step } from './folder.ts'
import { isValue, type Cell } from './value.ts'

/** A step that did not do what was recorded. */
export interface Mismatch {
  /** Position of its group in the workload. */
  readonly group: number
  readonly step: string
  readonly expected: string
  readonly got: string
}

/** What a step did: rows and cells, or a SQLSTATE. */
type Outcome =
  | { readonly count: number | null; readonly cells: readonly (readonly Cell[])[] }
  | { readonly error: string; readonly message: string }

/**
 * Runs the workload, each group in a transaction that is rolled back, and gives the steps that differ. A search_path
 * passes over schemas that a role may not use: what was forbidden to it under one name is not there under another.
 */
export async function replay(
  client: Client,
  workload: readonly Group[],
  names: 'old' | 'new' = 'old',
): Promise<Mismatch[]> {
  const mismatches: Mismatch[] = []
  for (const [group, { steps }] of workload.entries()) {
    await client.query('begin')
    try {
      await client.query('set constraints all deferred')
      for (const step of steps) {
        const outcome = await take(client, step.sql)
        if (isAsRecorded(step, outcome)) continue
        const isHidden = 'error' in outcome && outcome.error === NO_SUCH_TABLE && step.error === FORBIDDEN
        if (isHidden && names === 'new') continue
        mismatches.push({ group, step: step.sql, expected: recorded(step), got: inWords(step, outcome) })
      }
    } finally {
      await client.query('rollback')
    }
  }
  return mismatches
}

/** A violation of a deferred constraint belongs to the step that made it, hence the check within its savepoint. */
async function take(client: Client, sql: string): Promise<Outcome> {
  await client.query('savepoint step')
  try {
    // Without values and a name it goes out as one simple query. Several statements give several results.
    const results: unknown = await client.query({ text: sql, rowMode: 'array' })
    await client.query('set constraints all immediate')
    await client.query('set constraints all deferred')
    await client.query('release savepoint step')
    const last = (Array.isArray(results) ? results.at(-1) : results) as QueryArrayResult<(string | null)[]>
    return { count: last.rowCount, cells: last.rows.map((row) => cellsOf(row, last.fields)) }
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code === undefined) throw error
    await client.query('rollback to savepoint step')
    await client.query('release savepoint step')
    return { error: error.code, message: error.message }
  }
}

function cellsOf(row: readonly (string | null)[], fields: readonly FieldDef[]): Cell[] {
  return row.map((text, index) => ({ text, type: fields[index]!.dataTypeID }))
}

function isAsRecorded(step: Step, outcome: Outcome): boolean {
  if (step.error != null || 'error' in outcome) return 'error' in outcome && outcome.error === step.error
  // Commands without a count are recorded in the ways that drivers have for it: 0, -1 or nothing.
  const hasCount =
    outcome.count === null ? (step.rows ?? 0) <= 0 : (step.rows ?? outcome.count) === outcome.count
  return hasCount && (!('value' in step) || isValue(step.value, outcome.cells))
}

function recorded({ error, rows, ...step }: Step): string {
  if (error != null) return error
  return `${rows ?? 'any'} rows${'value' in step ? `, ${JSON.stringify(step.value)}` : ''}`
}

function inWords(step: Step, outcome: Outcome): string {
  if ('error' in outcome) return `${outcome.error} (${outcome.message})`
  if (!('value' in step)) return `${outcome.count ?? 'no'} rows`
  const rows = outcome.cells.slice(0, 3).map((row) => row.map(({ text }) => text))
  return `${outcome.count ?? 'no'} rows, ${JSON.stringify(rows)}`
}

const FORBIDDEN = '42501'
const NO_SUCH_TABLE = '42P01'
