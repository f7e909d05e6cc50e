import { execFile } from 'node:child_process'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Tells whether packages can be installed: we are root and apt-get is there. */
export async function canUseApt(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false
  return access('/usr/bin/apt-get').then(
    () => true,
    () => false,
  )
}

/** Installs Debian packages; the error carries what apt said. */
export async function aptInstall(
  packages: readonly string[],
  log: (line: string) => void = () => {},
): Promise<void> {
  log(`installing with apt-get: ${packages.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-qq'], { env })
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env })
}

/** Installs Debian's current PostgreSQL server, without the "main" cluster that it would create and start. */
export async function aptInstallServer(log?: (line: string) => void): Promise<void> {
  await mkdir(CREATECLUSTER, { recursive: true })
  const setting = `${CREATECLUSTER}/pg-relocate.conf`
  await writeFile(setting, 'create_main_cluster = false\n')
  try {
    await aptInstall(['postgresql'], log)
  } finally {
    // Taken away again: what a later installation by the administrator does is not our business.
    await rm(setting, { force: true })
  }
}

/** Read by pg_createcluster through the include_dir of the default createcluster.conf (Debian 10 and later). */
const CREATECLUSTER = '/etc/postgresql-common/createcluster.d'
