import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { runCommand } from '../backup/command.ts'
import { toolEnvironment } from '../backup/environment.ts'
import { measureContent, type ContentSum } from '../content/measure.ts'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { ownSchemas } from '../plan/names.ts'
import { readServer } from '../pg/server.ts'
import { Session } from '../pg/session.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { findDumpTools } from '../backup/tool.ts'
import { nothingTouched, restoreFailure } from './failure.ts'
import { filterPlain, type LeftOut } from './plain-filter.ts'
import { psqlBeside } from './tools.ts'

/** What a plain dump has made of an empty database. */
export interface PlainRestore {
  readonly tables: readonly ContentSum[]
  /** What was left out, and that nothing could be compared. */
  readonly notes: readonly string[]
}

/** True for the name of a plain dump: `.sql` or `.sql.gz`. */
export function isPlain(path: string): boolean {
  return /\.sql(\.gz)?$/i.test(path)
}

/**
 * Runs a plain dump in an empty database; it stops at the first statement that fails.
 * @throws MigrateError `backup-corrupt`, `restore-refused`, `command-failed` with the line and the server's words,
 * `tool-missing`
 */
export async function restorePlain(
  path: string,
  target: DatabaseTarget,
  plan: string,
  signal?: AbortSignal,
): Promise<PlainRestore> {
  await using session = await Session.connect(target, `migrate/${plan}/restore`)
  const server = await readServer(session)
  const tools = await findDumpTools(server.major)
  const leftOut: LeftOut = new Map()
  try {
    await runCommand({
      program: psqlBeside(tools),
      args: [
        '--no-psqlrc',
        '--quiet',
        '--no-password',
        '--set=ON_ERROR_STOP=1',
        '--output=/dev/null',
        '--file=-',
      ],
      env: toolEnvironment(target, server, `migrate/${plan}/restore`),
      signal,
      input: Readable.from(bytesOf(filterPlain(linesOf(path), leftOut))),
      leaves: nothingTouched,
    })
    const tables = await measureAll(session)
    return { tables, notes: notesOn(path, leftOut, tables) }
  } catch (error) {
    throw restoreFailure(error, target)
  }
}

async function measureAll(session: Session): Promise<ContentSum[]> {
  const names = await session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname <> all ($1::text[])
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
      order by 1, 2`,
    [[...ownSchemas]],
  )
  await session.script('begin isolation level repeatable read read only')
  await session.script('set local idle_in_transaction_session_timeout = 0')
  const sums = await measureContent(session, names)
  await session.script('commit')
  return sums
}

function notesOn(path: string, leftOut: LeftOut, tables: readonly ContentSum[]): string[] {
  return [
    `${basename(path)} has no manifest: every statement succeeded, and nothing else could be verified`,
    ...tables.map(({ schema, name, rows }) => `  ${schema}.${name}: ${rows} rows in the file`),
    ...[...leftOut].map(([what, times]) => `left out: ${what}, ${times} ${times === 1 ? 'time' : 'times'}`),
  ]
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path)
  const isCompressed = path.toLowerCase().endsWith('.gz')
  try {
    let held = ''
    for await (const piece of isCompressed ? file.pipe(createGunzip()) : file) {
      const lines = (held + (piece as Buffer).toString('latin1')).split('\n')
      held = lines.pop() ?? ''
      yield* lines
    }
    if (held !== '') yield held
  } catch (error) {
    if (isMigrateError(error)) throw error
    throw new MigrateError('backup-corrupt', `${path} cannot be read to its end`, {
      detail: [String(error)],
      next: ['use a complete dump'],
      cause: error,
    })
  } finally {
    file.destroy()
  }
}

/** In larger pieces than lines: each piece is a write to the program. */
async function* bytesOf(text: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held: string[] = []
  let length = 0
  for await (const piece of text) {
    held.push(piece)
    length += piece.length
    if (length < PIECE_BYTES) continue
    yield Buffer.from(held.join(''), 'latin1')
    held = []
    length = 0
  }
  yield Buffer.from(held.join(''), 'latin1')
}

const PIECE_BYTES = 64 * 1024
