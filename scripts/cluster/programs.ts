import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The full path of a program, also when it lies in one of the sbin folders that ordinary users do not search. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of [...pathFolders(), '/usr/local/sbin', '/usr/sbin']) {
    if (await hasPrograms(folder, [name])) return join(folder, name)
  }
  return undefined
}

/** Tells whether a folder holds all of these as executables. */
export async function hasPrograms(folder: string, names: readonly string[]): Promise<boolean> {
  const checks = names.map((name) => access(join(folder, name), constants.X_OK))
  return (await Promise.allSettled(checks)).every((check) => check.status === 'fulfilled')
}

/** The version of a PostgreSQL program; undefined when it does not even run. */
export async function programVersion(
  program: string,
): Promise<{ major: number; version: string } | undefined> {
  const answer = await run(program, ['--version']).catch(() => undefined)
  const version = answer && /\(PostgreSQL\) (\S+)/.exec(answer.stdout)?.[1]
  return version ? { major: Number.parseInt(version, 10), version } : undefined
}

/** The folders of PATH. */
export function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
}
