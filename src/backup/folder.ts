import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const partialPrefix = '.partial-'

/**
 * Opens the folder of a new backup under a name that no one takes for a finished one, after removing what killed
 * backups of the same phase left behind.
 */
export async function openPartial(directory: string, plan: string, phase: number, at: Date): Promise<string> {
  const parent = join(directory, plan)
  // The rows of a whole database lie here: for the operator's eyes only.
  await mkdir(parent, { recursive: true, mode: 0o700 })
  for (const name of await readdir(parent)) {
    if (isPartial(name) && name.endsWith(`-phase${phase}`)) await removeFolder(join(parent, name))
  }
  const path = join(parent, `${partialPrefix}${stamp(at)}-phase${phase}`)
  await mkdir(path, { mode: 0o700 })
  return path
}

/** Gives a complete backup its name; the rename is what makes it exist. */
export async function completePartial(partial: string): Promise<string> {
  const parent = dirname(partial)
  const name = basename(partial).slice(partialPrefix.length)
  let path = join(parent, name)
  for (let n = 2; await exists(path); n++) path = join(parent, `${name}-${n}`)
  await syncFolder(partial)
  await rename(partial, path)
  await syncFolder(parent)
  return path
}

export function isPartial(name: string): boolean {
  return name.startsWith(partialPrefix)
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
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
