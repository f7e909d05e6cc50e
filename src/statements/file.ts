import { readFile } from 'node:fs/promises'
import type { RecordedStatement } from '../catalog/recorded-statements.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { Parser } from '../sql/parser.ts'
import { splitStatements } from '../sql/split.ts'

/** Statements from an application's log, its source or a test run. */
export interface StatementFile {
  readonly name: string
  readonly statements: readonly RecordedStatement[]
}

/** Who ran them is not known; the search_path of the database is taken. */
const someone = '?'

/**
 * Reads a file of SQL whose statements are separated by semicolons or, as in a log, by line ends.
 * @throws MigrateError `usage-invalid` when it cannot be read or holds no SQL at all
 */
export async function readStatementFile(name: string): Promise<StatementFile> {
  const parser = await Parser.shared()
  const counts = new Map<string, number>()
  let parsable = 0
  for (const part of splitStatements(await read(name))) {
    const isWhole = await isSql(parser, part)
    for (const sql of isWhole ? [part] : lines(part)) {
      counts.set(sql, (counts.get(sql) ?? 0) + 1)
      if (isWhole || (await isSql(parser, sql))) parsable++
    }
  }
  if (parsable === 0) throw unusable(name, 'holds no SQL statement')
  return { name, statements: [...counts].map(([sql, calls]) => ({ sql, calls, role: someone })) }
}

/** Comments alone are parsed too, and are no statement. */
async function isSql(parser: Parser, text: string): Promise<boolean> {
  await parser.ready()
  const parsed = parser.parse(text)
  return 'statements' in parsed && parsed.statements.length > 0
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

async function read(name: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(name))
  } catch (cause) {
    const { code } = cause as { code?: string }
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EISDIR'
          ? 'is a folder'
          : 'cannot be read as UTF-8 text'
    throw unusable(name, why, cause)
  }
}

function unusable(name: string, why: string, cause?: unknown): MigrateError {
  return new MigrateError('usage-invalid', `--statements: ${name} ${why}`, {
    next: ['migrate plan --statements <a file of SQL, separated by semicolons or line ends>'],
    cause,
  })
}
