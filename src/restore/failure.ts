import { diskFull } from '../backup/failure.ts'
import { isMigrateError, type ErrorFields } from '../errors/migrate-error.ts'
import { classify } from '../pg/classify.ts'
import { describeTarget, type DatabaseTarget } from '../pg/target.ts'

/** What a restore elsewhere that failed or was stopped leaves: nothing. */
export const nothingTouched: NonNullable<ErrorFields['state']> = {
  kind: 'untouched',
  sentence: 'the restored copy was removed; nothing else was changed',
}

/** Says what an error of the file system or of a session means for a restore. */
export function restoreFailure(error: unknown, target: DatabaseTarget): unknown {
  if (isMigrateError(error)) return error
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(String(error), [], error, nothingTouched)
  return classify(error, describeTarget(target)) ?? error
}
