import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { MigrateError } from '../errors/migrate-error.ts'

const run = promisify(execFile)

/** A pg_dump and the pg_restore beside it. */
export interface DumpTools {
  readonly pgDump: string
  readonly pgRestore: string
  readonly version: string
}

interface Found extends DumpTools {
  readonly folder: string
  readonly major: number
}

/**
 * Finds a pg_dump that may dump a server of this major: its own major is the same or newer. PG_BIN wins when it
 * fits; otherwise the nearest major does, since the archive can then be read by the most pg_restores.
 * @throws MigrateError `tool-missing` with what was found and what to install
 */
export async function findDumpTools(
  serverMajor: number,
  env: NodeJS.ProcessEnv = process.env,
  folders?: readonly string[],
): Promise<DumpTools> {
  const found: Found[] = []
  for (const folder of new Set(folders ?? (await searchFolders(env)))) {
    const tools = await lookInto(folder, env)
    if (tools) found.push(tools)
  }
  const fitting = found
    .filter(({ major }) => major >= serverMajor)
    .sort((a, b) => preference(a, env) - preference(b, env) || a.major - b.major)
  const [best] = fitting
  if (!best) throw missing(serverMajor, found)
  return { pgDump: best.pgDump, pgRestore: best.pgRestore, version: best.version }
}

/** Where PostgreSQL's programs are found, in the order of trust; a folder need not exist. */
export async function searchFolders(env: NodeJS.ProcessEnv): Promise<string[]> {
  const configured = await run('pg_config', ['--bindir'], { env }).catch(() => undefined)
  const packaged = await Promise.all([
    versioned('/usr/lib/postgresql', /^(\d+)$/),
    versioned('/opt/homebrew/opt', /^postgresql@(\d+)$/),
    versioned('/usr/local/opt', /^postgresql@(\d+)$/),
    versioned('/usr', /^pgsql-(\d+)$/),
  ])
  return [
    env['PG_BIN'] ?? '',
    configured?.stdout.trim() ?? '',
    ...packaged.flat(),
    '/opt/homebrew/opt/libpq/bin',
    '/usr/local/opt/libpq/bin',
    // Debian's /usr/bin/pg_dump is a wrapper that picks a version by cluster: only after the real ones.
    ...(env['PATH'] ?? '').split(delimiter),
  ].filter((folder) => folder !== '')
}

async function versioned(parent: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(parent).catch(() => [])
  return names.filter((name) => pattern.test(name)).map((name) => join(parent, name, 'bin'))
}

async function lookInto(folder: string, env: NodeJS.ProcessEnv): Promise<Found | undefined> {
  const pgDump = join(folder, 'pg_dump')
  const pgRestore = join(folder, 'pg_restore')
  const [dump, restore] = await Promise.all([versionOf(pgDump, env), versionOf(pgRestore, env)])
  if (dump === undefined || restore === undefined) return undefined
  return { folder, pgDump, pgRestore, version: dump, major: Number.parseInt(dump, 10) }
}

async function versionOf(program: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const answer = await run(program, ['--version'], { env }).catch(() => undefined)
  return answer && /\(PostgreSQL\) (\S+)/.exec(answer.stdout)?.[1]
}

function preference(tools: Found, env: NodeJS.ProcessEnv): number {
  return tools.folder === env['PG_BIN'] ? 0 : 1
}

function missing(serverMajor: number, found: readonly Found[]): MigrateError {
  return new MigrateError('tool-missing', `no pg_dump here can dump a PostgreSQL ${serverMajor} server`, {
    detail:
      found.length === 0
        ? ['no folder searched has both pg_dump and pg_restore']
        : found.map(({ pgDump, version }) => `${pgDump} is of version ${version}`),
    next: [
      `apt-get install postgresql-client-${serverMajor}`,
      'or set PG_BIN to the folder that holds such a pg_dump and pg_restore',
    ],
  })
}
