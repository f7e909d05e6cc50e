import { execFile } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'

const run = promisify(execFile)

/** The repository that a folder is in, as git has it; undefined outside of any. */
export function repositoryOf(folder: string): string | undefined {
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (at === dirname(at)) return undefined
  }
}

export interface Listed {
  readonly file: string
  readonly isTracked: boolean
}

/**
 * Files below a folder that git tracks, and those that it would, without what .gitignore names; undefined where git is
 * not installed.
 */
export async function listed(folder: string): Promise<Listed[] | undefined> {
  const ask = async (...which: string[]): Promise<string[]> => {
    const { stdout } = await git(folder, ['ls-files', '-z', ...which, '--', '.'])
    return entries(stdout).map((name) => join(folder, name))
  }
  try {
    const tracked = new Set(await ask('--cached'))
    const others = await ask('--others', '--exclude-standard')
    return [
      ...[...tracked].map((file) => ({ file, isTracked: true })),
      ...others.map((file) => ({ file, isTracked: false })),
    ]
  } catch (error) {
    if (isMigrateError(error) && (error.cause as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The files that differ from what was committed, or never were: written over, they could not be had back.
 * @throws MigrateError `tool-missing` when they are in a repository that git cannot be asked about
 */
export async function uncommitted(files: readonly string[]): Promise<string[]> {
  const byRepository = new Map<string, string[]>()
  for (const file of files) {
    const repository = repositoryOf(dirname(file))
    if (repository !== undefined)
      byRepository.set(repository, [...(byRepository.get(repository) ?? []), file])
  }
  const dirty: string[] = []
  for (const [repository, own] of byRepository) {
    const args = [
      'status',
      '--porcelain',
      '-z',
      '--untracked-files=all',
      '--ignored=matching',
      '--no-renames',
    ]
    const { stdout } = await git(repository, args)
    const states = entries(stdout).map((line) => line.slice(3))
    const changed = new Set(states)
    const folders = states.filter((name) => name.endsWith('/'))
    dirty.push(
      ...own.filter((file) => {
        const name = relative(repository, realpathSync(file))
        return changed.has(name) || folders.some((folder) => name.startsWith(folder))
      }),
    )
  }
  return dirty
}

async function git(folder: string, args: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await run('git', ['-C', folder, ...args], { maxBuffer: 256 * 1024 * 1024 })
  } catch (cause) {
    const said = (cause as { stderr?: string; message: string }).stderr ?? (cause as Error).message
    throw new MigrateError('tool-missing', `git cannot be asked about ${folder}`, {
      detail: said.trim().split('\n').slice(0, 3),
      next: [`git -C ${folder} status`],
      cause,
    })
  }
}

function entries(stdout: string): string[] {
  return stdout.split('\0').filter((entry) => entry !== '')
}
