import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { scopeLabel, type BackupScope } from './scope.ts'

const partialPrefix = '.partial-'
const removedPrefix = '.removed-'

/** Who works on an unfinished backup: the server it is of, and the token under which that server knows the session. */
export interface Owner {
  readonly systemIdentifier: string
  readonly token: string
}

/** Opens the folder of a new backup under a name that no one takes for a finished one. */
export async function openPartial(
  directory: string,
  plan: string,
  scope: BackupScope,
  at: Date,
  { systemIdentifier, token }: Owner,
): Promise<string> {
  const parent = await planFolder(directory, plan)
  const path = join(parent, `${partialPrefix}${systemIdentifier}-${token}-${stamp(at)}-${scopeLabel(scope)}`)
  await mkdir(path, { mode: 0o700 })
  return path
}

/**
 * Removes what killed backups of this server have left; `isAlive` tells of tokens whether somebody still works under
 * them. Those of other servers, whose plan has the same name, are left alone: nobody here knows of them.
 */
export async function removeAbandoned(
  directory: string,
  plan: string,
  systemIdentifier: string,
  isAlive: (token: string) => Promise<boolean>,
): Promise<void> {
  const parent = await planFolder(directory, plan)
  for (const name of await readdir(parent)) {
    const [, server, token = ''] = /^\.partial-(\d+)-([0-9a-f]+)-/.exec(name) ?? []
    if (server === systemIdentifier && !(await isAlive(token))) await removeFolder(join(parent, name))
  }
}

/** Gives a complete backup its name; the rename is what makes it exist. */
export async function completePartial(partial: string): Promise<string> {
  const parent = dirname(partial)
  const name = basename(partial).replace(/^\.partial-\d+-[0-9a-f]+-/, '')
  await syncFolder(partial)
  let path = join(parent, name)
  for (let n = 2; !(await renamed(partial, path)); n++) path = join(parent, `${name}-${n}`)
  await syncFolder(parent)
  return path
}

/** Unfinished, or about to be removed. */
export function isHidden(name: string): boolean {
  return name.startsWith('.')
}

/** Removes a finished backup; once its name is gone it is one no more, also if the rest is interrupted. */
export async function removeBackup(path: string): Promise<void> {
  const hidden = join(dirname(path), `${removedPrefix}${basename(path)}`)
  await rename(path, hidden)
  await removeFolder(hidden)
}

/** Removes what interrupted removals have left. */
export async function removeRemains(directory: string, plan: string): Promise<void> {
  const parent = await planFolder(directory, plan)
  for (const name of await readdir(parent)) {
    if (name.startsWith(removedPrefix)) await removeFolder(join(parent, name))
  }
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

async function planFolder(directory: string, plan: string): Promise<string> {
  const parent = join(directory, plan)
  // The rows of a whole database lie here: for the operator's eyes only.
  await mkdir(parent, { recursive: true, mode: 0o700 })
  return parent
}

/** False where the name is taken, also by a backup that got it this very moment. */
async function renamed(partial: string, path: string): Promise<boolean> {
  if (await exists(path)) return false
  try {
    await rename(partial, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

/** 20250131_235959 in UTC: sorts by time and needs no quoting anywhere. */
function stamp(at: Date): string {
  return at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Without it a power cut may lose the names in a folder although their content is on disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
