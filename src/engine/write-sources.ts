import { MigrateError } from '../errors/migrate-error.ts'
import { readText, replaceText } from '../sources/files.ts'
import { uncommitted } from '../sources/git.ts'
import type { RewrittenFile } from './rewrite-sources.ts'

/**
 * Writes the files that change, each in one step.
 * @throws MigrateError `files-uncommitted` before anything is written; `files-not-written` when one could not be
 */
export async function writeSources(files: readonly RewrittenFile[], isForced: boolean): Promise<string[]> {
  const changed = files.filter(({ before, after }) => before !== after)
  if (!isForced) await refuseUncommitted(changed.map(({ file }) => file))
  const written: string[] = []
  for (const { file, before, after } of changed) {
    try {
      const now = await readText(file)
      if (!('text' in now) || now.text !== before) throw new Error('it was changed by someone meanwhile')
      await replaceText(file, after)
    } catch (cause) {
      throw notWritten(file, written, cause)
    }
    written.push(file)
  }
  return written
}

async function refuseUncommitted(files: readonly string[]): Promise<void> {
  const dirty = await uncommitted(files)
  if (dirty.length === 0) return
  throw new MigrateError(
    'files-uncommitted',
    `${dirty.length === 1 ? dirty[0]! : `${dirty.length} files`} would be written over, and git has no copy`,
    {
      detail: dirty.slice(0, 20),
      state: { kind: 'untouched', sentence: 'no file was changed' },
      next: ['git commit or git stash, then the same command again', 'the same command with --force'],
    },
  )
}

function notWritten(file: string, written: readonly string[], cause: unknown): MigrateError {
  return new MigrateError('files-not-written', `${file} could not be written`, {
    detail: [cause instanceof Error ? cause.message : String(cause)],
    state: {
      kind: 'resumable',
      sentence: `${file} is as it was; ${written.length === 0 ? 'no file was changed' : `changed before it: ${written.join(', ')}`}`,
    },
    next: ['the same command again: what is rewritten already stays as it is'],
    cause,
  })
}
