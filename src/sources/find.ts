import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { MigrateError } from '../errors/migrate-error.ts'
import { listed, repositoryOf } from './git.ts'

/** Folders of what others wrote, and of what is made from sources. */
const skipped = new Set([
  ...['node_modules', 'vendor', 'third_party', 'bower_components', 'site-packages', '__pycache__'],
  ...['venv', 'dist', 'build', 'target', 'out', 'coverage'],
])

/** A folder or file below a path that could not be read. */
export interface Unreadable {
  readonly file: string
  readonly reason: string
}

export interface FoundFiles {
  readonly files: readonly string[]
  readonly unreadable: readonly Unreadable[]
}

/**
 * The files that paths name: a file itself, and of a folder all whose names end in a known way, without those of others, those that
 * .gitignore names, hidden ones, and links.
 * @throws MigrateError `usage-invalid` for a path that is not there, or a file of an unknown language
 */
export async function findFiles(
  paths: readonly string[],
  extensions: readonly string[],
): Promise<FoundFiles> {
  const files = new Map<string, string>()
  const unreadable: Unreadable[] = []
  const isKnown = (file: string): boolean => extensions.includes(extname(file).toLowerCase())
  const add = async (file: string): Promise<void> => {
    const real = await realpath(file)
    if (!files.has(real)) files.set(real, file)
  }
  for (const path of paths) {
    const entry = await stat(path).catch((cause: unknown) => {
      throw notThere(path, cause)
    })
    if (entry.isDirectory()) {
      const known = repositoryOf(path) === undefined ? undefined : await listed(path)
      const below = known ?? (await walk(path, unreadable))
      for (const file of below)
        if (isKnown(file) && !isSkipped(relative(path, file)) && (await isPlainFile(file, path)))
          await add(file)
    } else if (isKnown(path)) await add(path)
    else throw unknownLanguage(path, extensions)
  }
  return { files: [...files.values()].toSorted(), unreadable }
}

function isSkipped(path: string): boolean {
  return path
    .split(sep)
    .slice(0, -1)
    .some((folder) => folder.startsWith('.') || skipped.has(folder))
}

/** A link is another file's other name, and may lead out of the folder; git also lists files that were deleted. */
async function isPlainFile(file: string, root: string): Promise<boolean> {
  const entry = await lstat(file).catch(() => undefined)
  if (entry?.isFile() !== true) return false
  const [inside, outer] = [await realpath(file), await realpath(root)]
  return inside === outer || inside.startsWith(outer + sep) || outer === sep
}

async function walk(folder: string, unreadable: Unreadable[]): Promise<string[]> {
  const found: string[] = []
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    unreadable.push({ file: folder, reason: reasonOf(cause) })
    return []
  })
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.') && !skipped.has(entry.name))
        found.push(...(await walk(path, unreadable)))
    } else if (entry.isFile()) found.push(path)
  }
  return found
}

/** Why a file or folder cannot be read, in few words. */
export function reasonOf(cause: unknown): string {
  const { code = 'unknown' } = cause as { code?: string }
  return code === 'EACCES' ? 'permission denied' : code
}

function notThere(path: string, cause: unknown): MigrateError {
  const { code } = cause as { code?: string }
  const why =
    code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read: ${reasonOf(cause)}`
  return new MigrateError('usage-invalid', `${path} ${why}`, { next: ['migrate rewrite --help'], cause })
}

function unknownLanguage(path: string, extensions: readonly string[]): MigrateError {
  return new MigrateError('usage-invalid', `${path} is of no language that is known here`, {
    detail: [`files are known by the end of their names: ${extensions.join(' ')}`],
    next: ['migrate rewrite --help'],
  })
}
