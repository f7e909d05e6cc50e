import type { TestClient } from '../support/client.ts'

/** What a statement does, undone again: the command, its count and rows, or the SQLSTATE. */
export async function outcomeOf(client: TestClient, sql: string): Promise<string> {
  await client.query('begin')
  try {
    const results: unknown = await client.query(sql)
    await client.query('set constraints all immediate')
    const last = (Array.isArray(results) ? results.at(-1) : results) as {
      command: string
      rowCount: number | null
      rows: unknown[]
    }
    return `${last.command} ${last.rowCount} ${JSON.stringify(last.rows)}`
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await client.query('rollback')
  }
}

/** The outcome of each of many statements, one line each. */
export async function outcomesOf(client: TestClient, statements: readonly string[]): Promise<string[]> {
  const lines: string[] = []
  for (const sql of statements) lines.push(`${sql} → ${await outcomeOf(client, sql)}`)
  return lines
}
