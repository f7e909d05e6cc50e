import { createHash } from 'node:crypto'
import type pg from 'pg'
import { schemasOf } from './moved.ts'

/** What a statement gave: rows, or an error. */
export type Performed =
  { readonly ok: true; readonly rows: string } | { readonly ok: false; readonly code: string }

const raw = {
  getTypeParser: () => (value: string | Buffer) => value.toString(),
} as unknown as pg.CustomTypesConfig

/** Runs a statement in a transaction that is rolled back. */
export async function perform(client: pg.Client, sql: string): Promise<Performed> {
  await client.query('begin')
  try {
    const result = await client.query<unknown[]>({ text: sql, rowMode: 'array', types: raw })
    const all = Array.isArray(result) ? (result as pg.QueryArrayResult<unknown[]>[]) : [result]
    const text = JSON.stringify(all.map(({ command, rowCount, rows }) => [command, rowCount, rows]))
    return {
      ok: true,
      rows: text.length < 20_000 ? plain(text) : createHash('sha256').update(plain(text)).digest('hex'),
    }
  } catch (error) {
    return { ok: false, code: (error as pg.DatabaseError).code ?? (error as Error).message }
  } finally {
    await client.query('rollback')
  }
}

const names = schemasOf('two').join('|')
const qualified = new RegExp(String.raw`\b(?:public|${names})\.`, 'g')
const bare = new RegExp(String.raw`\b(?:${names})\b`, 'g')

/** Without what the move itself changes: schemas, the name of the copy, the width of lines that are drawn. */
function plain(text: string): string {
  return text
    .replaceAll(qualified, '')
    .replaceAll(bare, 'public')
    .replaceAll(/\bmoved\b/g, 'regression')
    .replaceAll(/ +/g, ' ')
}
