// Runs before the tests: makes sure that what they need is on this machine, and says what was found.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findClient, findServer } from './cluster/binaries.ts'
import { aptInstall, canUseApt } from './cluster/debian.ts'
import { pythonWith } from './cluster/python.ts'
import { findProgram, programVersion } from './cluster/programs.ts'

const run = promisify(execFile)

try {
  const server = await findServer({ install: true, log: print })
  print(`PostgreSQL ${server.version}: ${server.bin}`)
  await requireClient(server.major, server.clientBin)
  await requireXz()
  await offerPgbouncer()
  await offerPython()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

/** pg_dump and psql: the backup steps, and loading of example schemas. */
async function requireClient(major: number, found: string | undefined): Promise<void> {
  if (!found && (await canUseApt())) await aptInstall(['postgresql-client'], print)
  const folder = found ?? (await findClient(major))
  if (!folder) {
    const how =
      'Debian `apt-get install postgresql-client`, Fedora `dnf install postgresql`, macOS `brew install libpq`'
    throw new Error(`no pg_dump, pg_restore and psql on this machine. Install them: ${how}`)
  }
  const client = await programVersion(join(folder, 'pg_dump'))
  const isOld = client && client.major < major
  print(`pg_dump, psql ${client?.version}: ${folder}${isOld ? ` (too old to dump a server ${major})` : ''}`)
}

/** The example schemas are packed with xz. */
async function requireXz(): Promise<void> {
  if (!(await findProgram('xz')) && (await canUseApt())) await aptInstall(['xz-utils'], print)
  const xz = await findProgram('xz')
  if (!xz) throw new Error('no xz on this machine. Install xz-utils (Debian) or xz (Fedora, Homebrew)')
  print(`xz: ${xz}`)
}

/** Tests through a connection pooler are skipped without it. */
async function offerPgbouncer(): Promise<void> {
  if (!(await findProgram('pgbouncer')) && (await canUseApt())) {
    await aptInstall(['pgbouncer'], print).then(stopPgbouncer, () => {})
  }
  const pgbouncer = await findProgram('pgbouncer')
  print(`pgbouncer: ${pgbouncer ?? 'not on this machine, so tests through a pooler are skipped'}`)
}

/** The test of a service in Python is skipped without its drivers. */
async function offerPython(): Promise<void> {
  const drivers = ['psycopg2', 'asyncpg']
  if (!(await pythonWith(drivers)) && (await canUseApt())) {
    await aptInstall(['python3-psycopg2', 'python3-asyncpg'], print).catch(() => {})
  }
  const python = await pythonWith(drivers)
  print(
    `Python: ${python ?? `none with ${drivers.join(' and ')}, so the test of a service in Python is skipped`}`,
  )
}

/** Debian starts what it installs; the tests run poolers of their own. */
async function stopPgbouncer(): Promise<void> {
  await run('systemctl', ['disable', '--now', 'pgbouncer']).catch(() => {})
  await run('service', ['pgbouncer', 'stop']).catch(() => {})
}

function print(line: string): void {
  console.log(line)
}
