import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isMigrateError } from '../errors/migrate-error.ts'
import { fingerprint, listFiles, manifestName, manifestSumName } from './files.ts'
import { manifestSum, readBackup, type Manifest } from './manifest.ts'

export interface BackupProblem {
  readonly path: string
  readonly kind: 'missing' | 'changed' | 'extra'
  readonly sentence: string
}

/** Compares every file of a backup with its manifest; an empty list means that all is as it was written. */
export async function verifyBackup(path: string): Promise<BackupProblem[]> {
  let manifest: Manifest
  try {
    manifest = (await readBackup(path)).manifest
  } catch (error) {
    const isThere = await stat(join(path, manifestName)).then(
      () => true,
      () => false,
    )
    const why = isMigrateError(error) ? error.detail.join('; ') : String(error)
    return [
      isThere
        ? problem(manifestName, 'changed', `cannot be understood: ${why}`)
        : problem(manifestName, 'missing', 'is missing'),
    ]
  }
  const problems = await manifestProblems(path)
  const present = new Set(await listFiles(path))
  for (const file of manifest.files) {
    if (!present.delete(file.path)) {
      problems.push(problem(file.path, 'missing', 'is missing'))
      continue
    }
    const { bytes, sha256 } = await fingerprint(path, file.path)
    if (bytes !== file.bytes) {
      problems.push(problem(file.path, 'changed', `has ${bytes} bytes, ${file.bytes} were written`))
    } else if (sha256 !== file.sha256) {
      problems.push(problem(file.path, 'changed', `has sha256 ${sha256}, ${file.sha256} was written`))
    }
  }
  for (const extra of present) problems.push(problem(extra, 'extra', 'is not in the manifest'))
  return problems
}

/** The manifest speaks for all other files; its sum beside it speaks for the manifest. */
async function manifestProblems(path: string): Promise<BackupProblem[]> {
  const written = await readFile(join(path, manifestSumName), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  if (written === undefined) return [problem(manifestSumName, 'missing', 'is missing')]
  if (written === manifestSum(await readFile(join(path, manifestName)))) return []
  return [problem(manifestName, 'changed', `is not what ${manifestSumName} says`)]
}

function problem(path: string, kind: BackupProblem['kind'], what: string): BackupProblem {
  return { path, kind, sentence: `${path} ${what}` }
}
