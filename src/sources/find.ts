import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import picomatch from 'picomatch'
import { MigrateError } from '../errors/migrate-error.ts'
import { listed, repositoryOf, type Listed } from './git.ts'
import { isMigration, leftByPath } from './left-by-path.ts'
import type { LeftFile, LeftReason } from './left.ts'

/** Which files of a folder are wanted. */
export interface Wanted {
  /** Is it of a kind that can be read, by the end of its name? */
  isKnown(file: string): boolean
  /** The ends of names that are known, for people. */
  readonly endings: readonly string[]
  /** Globs of files that are read though they would be left alone, and of files that are not read. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Globs of files with SQL of another database, and of those with SQL of this one whatever they look like. */
  readonly foreign: readonly string[]
  readonly own: readonly string[]
}

export interface FoundFile {
  readonly file: string
  /** Was it named, by itself or by a glob, so that nothing in it keeps it from being read? */
  readonly isAsked: boolean
}

export interface FoundFiles {
  readonly files: readonly FoundFile[]
  readonly left: readonly LeftFile[]
}

/**
 * The files that paths name: a file itself, and of a folder all that git tracks or would. What is left alone is told with its
 * reason, whatever its folder is called.
 * @throws MigrateError `usage-invalid` for a path that is not there, or a file of an unknown kind
 */
export async function findFiles(paths: readonly string[], wanted: Wanted): Promise<FoundFiles> {
  const files = new Map<string, FoundFile>()
  const left = new Map<string, LeftFile>()
  const leftOf = reasonFor(wanted)
  const add = async (file: string, isAsked: boolean): Promise<void> => {
    const real = await realpath(file)
    if (!files.has(real)) files.set(real, { file, isAsked })
  }
  const leave = (file: string, reason: LeftReason): Map<string, LeftFile> => left.set(file, { file, reason })
  for (const path of paths) {
    const entry = await stat(path).catch((cause: unknown) => {
      throw notThere(path, cause)
    })
    if (!entry.isDirectory()) {
      if (!wanted.isKnown(path)) throw unknownKind(path, wanted.endings)
      await add(path, true)
      continue
    }
    const repository = repositoryOf(path)
    const known = repository === undefined ? undefined : await listed(path)
    for (const each of known ?? (await walk(path, leave, wanted.include.length > 0))) {
      const kind = await kindOf(each.file, path)
      if (kind === 'gone') continue
      const reason = kind === 'file' ? leftOf(each, path, await placeIn(repository, path, each.file)) : kind
      if (reason === undefined || reason === 'asked') await add(each.file, reason === 'asked')
      else leave(each.file, reason)
    }
  }
  return {
    files: [...files.values()].toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    left: [...left.values()].filter(({ file }) => !files.has(file)),
  }
}

type ReasonFor = (each: Listed, root: string, place: string) => LeftReason | 'asked' | undefined

function reasonFor({ isKnown, include, exclude, foreign, own }: Wanted): ReasonFor {
  const [asked, refused, other, ours] = [include, exclude, foreign, own].map(globs)
  return ({ file, isTracked }, root, place) => {
    if (!isKnown(file)) return 'ending'
    if (refused!(file)) return 'excluded'
    if (asked!(file)) return 'asked'
    if (other!(file)) return 'dialect'
    const reason = leftByPath(slashes(relative(root, file)), isTracked)
    if (reason === 'dialect' && ours!(file)) return 'asked'
    const folders = place.split('/')
    return reason ?? (isMigration(folders, folders.pop()!) ? 'migration' : ours!(file) ? 'asked' : undefined)
  }
}

/** A glob without a slash is looked for in every folder, as in .gitignore. */
function globs(patterns: readonly string[]): (file: string) => boolean {
  if (patterns.length === 0) return () => false
  const matches = patterns.map((pattern) => {
    const plain = pattern.replace(/^\.\//, '').replace(/\/$/, '/**')
    const match = picomatch(plain, { dot: true, nonegate: true })
    return plain.includes('/') ? match : (path: string) => match(path.slice(path.lastIndexOf('/') + 1))
  })
  return (file) => {
    const path = slashes(relative('.', file))
    return matches.some((match) => match(path))
  }
}

function slashes(path: string): string {
  return path.replaceAll(sep, '/')
}

/** A folder of migrations is known by its own name also when it was named. */
async function placeIn(repository: string | undefined, root: string, file: string): Promise<string> {
  const real = await realpath(root)
  return slashes(relative(repository ?? join(real, '..', '..'), join(real, relative(root, file))))
}

/** A link is another file's other name, and may lead out of the folder; git also lists files that were deleted, and submodules. */
async function kindOf(file: string, root: string): Promise<'file' | 'link' | 'submodule' | 'gone'> {
  const entry = await lstat(file).catch(() => undefined)
  if (entry === undefined) return 'gone'
  if (entry.isDirectory()) return 'submodule'
  if (!entry.isFile()) return 'link'
  const [inside, outer] = [await realpath(file), await realpath(root)]
  return inside === outer || inside.startsWith(outer + sep) || outer === sep ? 'file' : 'link'
}

/** Where there is no git to ask. `isThorough`: also through folders that are left alone but for what is asked for. */
async function walk(
  folder: string,
  leave: (file: string, reason: LeftReason) => void,
  isThorough: boolean,
): Promise<Listed[]> {
  const found: Listed[] = []
  const below = async (at: string): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true }).catch(() => {
      leave(`${at}${sep}`, 'unopened')
      return []
    })
    for (const entry of entries) {
      const path = join(at, entry.name)
      if (!entry.isDirectory()) found.push({ file: path, isTracked: false })
      else if (entry.name !== '.git') {
        // Not gone through file by file: there may be a hundred thousand.
        const reason = isThorough ? undefined : leftByPath(`${slashes(relative(folder, path))}/x`, false)
        if (reason === 'vendored' || reason === 'built' || reason === 'hidden') leave(`${path}${sep}`, reason)
        else await below(path)
      }
    }
  }
  await below(folder)
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

function unknownKind(path: string, endings: readonly string[]): MigrateError {
  return new MigrateError('usage-invalid', `${path} is of no language that is known here`, {
    detail: [`files are known by the end of their names: ${endings.join(' ')}`],
    next: ['migrate rewrite --help'],
  })
}
