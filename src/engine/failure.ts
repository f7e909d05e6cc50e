import { DatabaseError } from 'pg'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { isConnectionLoss, sqlstate, stateOf } from '../pg/sqlstate.ts'
import { describeTarget } from '../pg/target.ts'
import type { TransactionAction } from '../steps/action.ts'
import type { Workspace } from './workspace.ts'

const again = 'run the same command again: it continues where it stopped'

/** A failed transaction in the operator's words; the transaction itself was rolled back by the server. */
export function statementError(error: unknown, action: TransactionAction, work: Workspace): MigrateError {
  if (isMigrateError(error)) return error
  const general = databaseFailure(error, work)
  if (general !== undefined) return general
  const state = stateOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (state === sqlstate.drift) {
    return new MigrateError('drift-found', message, {
      detail: [
        'columns of a table and of its facade differ, or a table was replaced: someone changed the structure since expand',
      ],
      state: { kind: 'rolled-back', sentence: 'nothing of this step was changed' },
      next: [
        'migrate execute --phase 1        gives the facades the new columns',
        'then run the same command again',
      ],
      cause: error,
    })
  }
  return new MigrateError('statement-failed', `could not ${action.sentence}: ${message}`, {
    detail: [`SQLSTATE ${state ?? 'none'}`, ...facts(error)],
    state: {
      kind: 'rolled-back',
      sentence: 'this step changed nothing; the steps before it are done and safe to leave as they are',
    },
    next: ['remove the cause, then run the same command again', 'or go back: migrate rollback'],
    cause: error,
  })
}

/** Failures that have nothing to do with the statement: lease, connection, disk. */
export function databaseFailure(error: unknown, work: Workspace): MigrateError | undefined {
  const state = stateOf(error)
  if (state === sqlstate.staleEpoch) {
    return new MigrateError('lease-lost', 'another runner has taken over this plan', {
      state: { kind: 'resumable' },
      next: ['migrate status'],
      cause: error,
    })
  }
  if (state === sqlstate.diskFull) {
    return new MigrateError('disk-full', `the server’s disk is full: ${(error as Error).message}`, {
      state: { kind: 'rolled-back' },
      next: ['make room on the server', again],
      cause: error,
    })
  }
  if (isConnectionLoss(error) || work.session.isLost) {
    return new MigrateError(
      'connection-lost',
      `the connection to database "${work.target.alias}" at ${describeTarget(work.target)} was lost`,
      {
        detail: [error instanceof Error ? error.message : String(error)],
        state: {
          kind: 'resumable',
          sentence:
            'a transaction that was under way was either committed as a whole or not at all; the next run reads which',
        },
        next: [again],
        cause: error,
      },
    )
  }
  return undefined
}

function facts(error: unknown): string[] {
  if (!(error instanceof DatabaseError)) return []
  return [
    ...(error.detail === undefined ? [] : error.detail.split('\n')),
    ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
    ...(error.where === undefined ? [] : [`where: ${error.where.split('\n')[0]}`]),
  ]
}
