import { DatabaseError } from 'pg'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { describeBlocker, readBlockers } from '../catalog/blockers.ts'
import { classify } from '../pg/classify.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import { describeTarget } from '../pg/target.ts'
import type { TransactionAction } from '../steps/action.ts'
import type { Workspace } from './workspace.ts'

/** A failed transaction in the operator's words; the transaction itself was rolled back by the server. */
export function statementError(error: unknown, action: TransactionAction, work: Workspace): MigrateError {
  if (isMigrateError(error)) return error
  const general = databaseFailure(error, work)
  if (general !== undefined) return general
  const state = stateOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (state === sqlstate.drift) {
    return new MigrateError('drift-found', message, {
      detail: ['someone has changed a table or what stands in for it; status shows who, where it was seen'],
      state: { kind: 'rolled-back', sentence: 'nothing of this step was changed' },
      next: [
        'migrate execute --phase 1        makes the facades the equals of their tables again',
        'then run the same command again',
      ],
      cause: error,
    })
  }
  if (state === sqlstate.bodyChanged) {
    return new MigrateError('drift-found', message, {
      state: { kind: 'rolled-back', sentence: 'nothing of this step was changed' },
      next: ['run the same command again: the function is read anew'],
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

/** Runs work of the engine so that what ends its session comes out in the tool’s own words. */
export async function inOwnWords<T>(workspace: Workspace, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (stateOf(error) === sqlstate.lockNotAvailable) throw await lockedOut(error, workspace)
    throw isMigrateError(error) ? error : (databaseFailure(error, workspace) ?? error)
  }
}

/** The catalogs tell the structure of a table only to who may lock it, if for an instant. */
async function lockedOut(error: unknown, { session }: Workspace): Promise<MigrateError> {
  const held = await session
    .query<{ oid: number }>(
      `select distinct relation as oid from pg_locks
        where locktype = 'relation' and granted and mode = 'AccessExclusiveLock' and pid is distinct from pg_backend_pid()
          and database = (select oid from pg_database where datname = current_database())`,
    )
    .then((rows) =>
      readBlockers(
        session,
        rows.map(({ oid }) => oid),
      ),
    )
    .catch(() => [])
  return new MigrateError(
    'lock-timeout',
    'could not read the structure of tables: somebody holds them locked',
    {
      detail: held.length === 0 ? [(error as Error).message] : held.slice(0, 8).map(describeBlocker),
      state: { kind: 'resumable' },
      next: ['run the same command again once they are free'],
      cause: error,
    },
  )
}

/** Failures that have nothing to do with the statement. */
export function databaseFailure(error: unknown, { target, session }: Workspace): MigrateError | undefined {
  const where = `database "${target.alias}" at ${describeTarget(target)}`
  return classify(error, where) ?? (session.isLost ? classify(session.loss, where) : undefined)
}

function facts(error: unknown): string[] {
  if (!(error instanceof DatabaseError)) return []
  return [
    ...(error.detail === undefined ? [] : error.detail.split('\n')),
    ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
    ...(error.where === undefined ? [] : [`where: ${error.where.split('\n')[0]}`]),
  ]
}
