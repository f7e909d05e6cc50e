import { MigrateError } from '../errors/migrate-error.ts'
import { isConnectionLoss, sqlstate, stateOf } from './sqlstate.ts'

const again = 'run the same command again: it continues where it stopped'

/** Failures of a session that have nothing to do with the statement it ran: connection, disk, rights, lease. */
export function classify(error: unknown, where = 'the database'): MigrateError | undefined {
  const state = stateOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (state === sqlstate.staleEpoch) {
    return new MigrateError('lease-lost', 'another runner has taken over this plan', {
      state: { kind: 'resumable' },
      next: ['migrate status'],
      cause: error,
    })
  }
  if (state === sqlstate.diskFull) {
    return new MigrateError('disk-full', `the server’s disk is full: ${message}`, {
      state: { kind: 'rolled-back' },
      next: ['make room on the server', again],
      cause: error,
    })
  }
  if (state === sqlstate.insufficientPrivilege) {
    return new MigrateError('privilege-missing', message, {
      state: { kind: 'rolled-back' },
      next: ['migrate plan        lists the rights that are missing', again],
      cause: error,
    })
  }
  if (isConnectionLoss(error)) {
    return new MigrateError('connection-lost', `the connection to ${where} was lost`, {
      detail: [message],
      state: {
        kind: 'resumable',
        sentence:
          'a transaction that was under way was either committed as a whole or not at all; the next run reads which',
      },
      next: [again],
      cause: error,
    })
  }
  return undefined
}
