import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { interrupted } from '../backup/failure.ts'
import { measureContent, type ContentSum } from '../content/measure.ts'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { ownSchemas } from '../plan/names.ts'
import { Session } from '../pg/session.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { Parser } from '../sql/parser.ts'
import { nothingTouched, restoreFailure } from './failure.ts'
import { readPlain, type LeftOut } from './plain-filter.ts'
import { callableIn, PlainRun } from './plain-run.ts'

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
 * Runs the statements of a plain dump in an empty database, one by one, as far as they make or fill what is in a database;
 * the others are left out. It stops at the first that fails. psql never sees the text.
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
  const leftOut: LeftOut = new Map()
  try {
    await runText(path, target, plan, leftOut, signal)
    const tables = await measureAll(session)
    return { tables, notes: notesOn(path, leftOut, tables) }
  } catch (error) {
    throw restoreFailure(error, target)
  }
}

/** In a session of its own, which has the settings of the text at the end. */
async function runText(
  path: string,
  target: DatabaseTarget,
  plan: string,
  leftOut: LeftOut,
  signal: AbortSignal | undefined,
): Promise<void> {
  await using session = await Session.connect(target, `migrate/${plan}/restore`)
  // As where the text was written; pg_dump's own sets an empty one.
  await session.script('set search_path = public')
  const parser = await Parser.shared()
  const run = new PlainRun(session, await callableIn(session), leftOut)
  const stop = (): void => session.abandon()
  signal?.addEventListener('abort', stop)
  try {
    for await (const piece of readPlain(linesOf(path), parser, leftOut)) {
      if (signal?.aborted === true) throw interrupted('restore', nothingTouched)
      await run.run(piece)
    }
  } catch (error) {
    throw signal?.aborted === true ? interrupted('restore', nothingTouched) : error
  } finally {
    signal?.removeEventListener('abort', stop)
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
    `${basename(path)} has no manifest: every statement that was run succeeded, and nothing else could be verified`,
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
