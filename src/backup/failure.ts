import { MigrateError, type ErrorFields, isMigrateError } from '../errors/migrate-error.ts'
import { isConnectionLoss, sqlstate, stateOf } from '../pg/sqlstate.ts'
import type { DatabaseTarget } from '../pg/target.ts'

/** What a backup that failed or was stopped leaves: nothing. */
export const nothingLeft: NonNullable<ErrorFields['state']> = {
  kind: 'resumable',
  sentence: 'the unfinished backup was removed; nothing else was changed',
}

export function interrupted(what: string, state: ErrorFields['state'] = nothingLeft): MigrateError {
  return new MigrateError('interrupted', `${what} was stopped`, { state })
}

/** The disk that backups go to is full. */
export function diskFull(
  why: string,
  detail: readonly string[],
  cause?: unknown,
  state: ErrorFields['state'] = nothingLeft,
): MigrateError {
  return new MigrateError('disk-full', `no space left for the backup: ${why}`, {
    detail,
    state,
    next: ['df -h', 'make room, or name another folder for backups, then run the same command again'],
    cause,
  })
}

/** Says what an error of the file system or of the snapshot's session means for a backup. */
export function explained(error: unknown, target: DatabaseTarget): unknown {
  if (isMigrateError(error)) return error
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(String(error), [], error)
  const { syscall, path } = error as NodeJS.ErrnoException
  if (typeof code === 'string' && path !== undefined && syscall !== 'connect') {
    return new MigrateError('command-failed', `cannot write the backup to ${path} (${code})`, {
      detail: [String(error)],
      state: nothingLeft,
      next: [
        'name another folder in defaults.backupDir of the plan, or make this one writable',
        'then run the same command again',
      ],
      cause: error,
    })
  }
  const fields = { detail: [String(error)], state: nothingLeft, cause: error }
  const during = `while database "${target.alias}" was backed up`
  if (stateOf(error) === sqlstate.lockNotAvailable) {
    return new MigrateError('lock-timeout', `a table stayed locked for too long ${during}`, fields)
  }
  if (stateOf(error) === sqlstate.insufficientPrivilege) {
    return new MigrateError('privilege-missing', `the runner may not read every table of the backup`, fields)
  }
  if (isConnectionLoss(error)) {
    return new MigrateError('connection-lost', `the connection was lost ${during}`, fields)
  }
  return error
}
