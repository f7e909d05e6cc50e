import { MigrateError } from '../errors/migrate-error.ts'
import type { Session } from '../pg/session.ts'
import { isRetryable } from '../pg/sqlstate.ts'
import { keptSchema } from '../plan/names.ts'
import { hasKept, type KeptRestore } from './kept.ts'

const lock = 'pg-relocate restores'

/**
 * Lets one restore, undo or release at a time change the database, whatever their plans and whether or not there is a
 * journal: so a restore that has begun and is seen here by another one was interrupted.
 * @throws MigrateError `lease-held`
 */
export async function takeTurn<T>(session: Session, waitMs: number, use: () => Promise<T>): Promise<T> {
  await waitForTurn(session, waitMs)
  try {
    return await use()
  } finally {
    await session
      .query('select pg_advisory_unlock(hashtext($1), 0)', [lock])
      // A session that is lost holds no locks.
      .catch(() => undefined)
  }
}

async function waitForTurn(session: Session, waitMs: number): Promise<void> {
  try {
    await session.script(`begin; set local lock_timeout = ${Math.max(1, waitMs)}`)
    await session.query('select pg_advisory_lock(hashtext($1), 0)', [lock])
    await session.script('commit')
  } catch (error) {
    await session.script('rollback').catch(() => undefined)
    if (!isRetryable(error)) throw error
    throw new MigrateError('lease-held', 'another restore, undo or release is at work in this database', {
      next: ['migrate restore --list', 'wait for it, then run the same command again'],
      cause: error,
    })
  }
}

/**
 * Holds the note of a restore until the end of the transaction, and sees that it still is in one of these states: what
 * was read before the locks may have been undone or released meanwhile.
 * @throws MigrateError `usage-invalid`
 */
export async function holdState(
  session: Session,
  { id }: Pick<KeptRestore, 'id'>,
  states: readonly KeptRestore['state'][],
): Promise<void> {
  const [row] = (await hasKept(session))
    ? await session.query<{ state: KeptRestore['state'] }>(
        `select state from ${keptSchema}.restores where id = $1 for update`,
        [id],
      )
    : []
  if (row === undefined || !states.includes(row.state)) throw wrongState(id, row?.state ?? 'released')
}

function wrongState(id: number, state: KeptRestore['state']): MigrateError {
  return new MigrateError('usage-invalid', `restore ${id} is ${state}: there is nothing to take back`, {
    next: ['migrate restore --list'],
  })
}
