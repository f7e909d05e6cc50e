// PostgreSQL's own regression suite, as Debian has it in its source package; nothing of it is part of this project.
import { execFile } from 'node:child_process'
import { access, cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isReachable } from '../cluster/account.ts'
import { findServer, type ServerBinaries } from '../cluster/binaries.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')

/** The suite, ready to be run. */
export interface Suite {
  readonly server: ServerBinaries
  /** sql/, expected/, data/, parallel_schedule */
  readonly scripts: string
  /** Holds regress.so and made_names.so. */
  readonly libraries: string
  readonly program: string
}

/**
 * Fetches the sources that fit the installed server to the letter and builds what the suite calls in C. Done once.
 * @throws Error when the machine is no Debian, has no compiler, or Debian has that version no more
 */
export async function fetchSuite(log: (line: string) => void): Promise<Suite> {
  const server = await findServer()
  const version = await debianVersion(server)
  const folder = join(root, '.postgres', `regress-${version}`)
  if (!(await isReachable(root)))
    throw new Error(`${root} is closed to the account that the server runs under, which must read from it`)
  if (!(await exists(folder))) {
    const making = `${folder}.part`
    await rm(making, { recursive: true, force: true })
    await mkdir(making, { recursive: true })
    log(`fetching the sources of postgresql-${server.major} ${version} from Debian`)
    await fetchSources(making, server.major, version)
    log('building regress.so')
    for (const name of ['regress', 'made_names']) await compile(making, name, server.major)
    // The suite looks for these modules beside its own.
    for (const name of ['autoinc', 'refint'])
      await cp(join(dirname(server.bin), 'lib', `${name}.so`), join(making, `${name}.so`))
    for (const spare of await readdir(making))
      if (spare !== 'regress' && !spare.endsWith('.so')) await rm(join(making, spare), { recursive: true })
    await rename(making, folder)
  }
  return {
    server,
    scripts: join(folder, 'regress'),
    libraries: folder,
    program: join(dirname(server.bin), 'lib/pgxs/src/test/regress/pg_regress'),
  }
}

async function debianVersion({ major, bin }: ServerBinaries): Promise<string> {
  const query = run('dpkg-query', ['-W', '-f', '${Version}', `postgresql-${major}`])
  const found = await query.catch(() => undefined)
  if (found === undefined || !bin.startsWith('/usr/lib/postgresql/'))
    throw new Error(`the suite is run with Debian’s own server, and ${bin} is none`)
  return found.stdout
}

async function fetchSources(to: string, major: number, version: string): Promise<void> {
  const apt = await aptOfItsOwn(to)
  await run('apt-get', [...apt, 'update', '-qq'])
  const source = ['source', '--download-only', '-qq', `postgresql-${major}=${version}`]
  await run('apt-get', [...apt, ...source], { cwd: to })
  const headers = ['download', '-qq', `postgresql-server-dev-${major}=${version}`, `libpq-dev=${version}`]
  await run('apt-get', [...apt, ...headers], { cwd: to })
  for (const file of await readdir(to)) {
    if (/\.orig\.tar/.test(file)) {
      const [suite, place] = ['*/src/test/regress', '--strip-components=3']
      await run('tar', ['-xf', file, '--wildcards', place, suite], { cwd: to })
    } else if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', file, 'dev'], { cwd: to })
  }
  await cp(join(import.meta.dirname, 'made_names.c'), join(to, 'regress', 'made_names.c'))
}

/** Lists of packages beside the machine’s own, with those of sources. */
async function aptOfItsOwn(folder: string): Promise<string[]> {
  const lists = join(folder, 'apt')
  await mkdir(join(lists, 'lists', 'partial'), { recursive: true })
  const { stdout } = await run('sh', ['-c', '. /etc/os-release && echo "$VERSION_CODENAME"'])
  const name = stdout.trim()
  const key = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  const places = [
    ['http://deb.debian.org/debian', name],
    ['http://deb.debian.org/debian', `${name}-updates`],
    ['http://deb.debian.org/debian-security', `${name}-security`],
  ]
  const lines = places.flatMap(([url, suite]) =>
    ['deb', 'deb-src'].map((kind) => `${kind} ${key} ${url} ${suite} main`),
  )
  await writeFile(join(lists, 'sources.list'), `${lines.join('\n')}\n`)
  return [
    `-oDir::Etc::SourceList=${join(lists, 'sources.list')}`,
    '-oDir::Etc::SourceParts=-',
    `-oDir::State::Lists=${join(lists, 'lists')}`,
    `-oDir::Cache=${lists}`,
    '-oAPT::Sandbox::User=root',
  ]
}

async function compile(folder: string, name: string, major: number): Promise<void> {
  const headers = [`usr/include/postgresql/${major}/server`, 'usr/include/postgresql']
  const flags = headers.map((each) => `-I${join(folder, 'dev', each)}`)
  const [source, library] = [join(folder, 'regress', `${name}.c`), join(folder, `${name}.so`)]
  try {
    await run('gcc', ['-O2', '-fPIC', '-shared', ...flags, '-o', library, source])
  } catch (error) {
    throw new Error(`${name}.c could not be compiled; it needs gcc and the headers of the C library`, {
      cause: error,
    })
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
