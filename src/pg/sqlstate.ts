import { DatabaseError } from 'pg'

/** SQLSTATEs by meaning (manual, appendix A). */
export const sqlstate = {
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  deadlockDetected: '40P01',
  serializationFailure: '40001',
  insufficientPrivilege: '42501',
  invalidPassword: '28P01',
  invalidAuthorization: '28000',
  invalidCatalogName: '3D000',
  diskFull: '53100',
  undefinedTable: '42P01',
  undefinedFunction: '42883',
  undefinedObject: '42704',
  undefinedColumn: '42703',
  invalidSchemaName: '3F000',
  duplicateObject: '42710',
  uniqueViolation: '23505',
  tooManyConnections: '53300',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
  idleSessionTimeout: '57P05',
  idleInTransactionTimeout: '25P03',
  transactionTimeout: '25P04',
  /** Our own, raised inside the database: a stale epoch, a structure that changed under a plan. */
  staleEpoch: 'MG001',
  drift: 'MG002',
  illegalTransition: 'MG003',
  privilegesRemain: 'MG005',
  bodyChanged: 'MG006',
} as const

/**
 * Waiting again may help: lock_timeout, statement_timeout while waiting, a lost deadlock, and two changes of one
 * catalog row (a GRANT beside an ANALYZE), which the server reports as an internal error.
 */
const retryable: ReadonlySet<string> = new Set([
  sqlstate.lockNotAvailable,
  sqlstate.queryCanceled,
  sqlstate.deadlockDetected,
  sqlstate.serializationFailure,
])

const connectionEnding: ReadonlySet<string> = new Set([
  sqlstate.adminShutdown,
  sqlstate.crashShutdown,
  sqlstate.cannotConnectNow,
  sqlstate.idleSessionTimeout,
  sqlstate.idleInTransactionTimeout,
  sqlstate.transactionTimeout,
])

export function stateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined
}

export function isRetryable(error: unknown): boolean {
  const state = stateOf(error)
  if (state === 'XX000') return /tuple concurrently (updated|deleted)/.test((error as Error).message)
  return state !== undefined && retryable.has(state)
}

/** The session is gone: the outcome of what it was doing must be read from the database by another one. */
export function isConnectionLoss(error: unknown): boolean {
  const state = stateOf(error)
  if (state !== undefined) return connectionEnding.has(state) || state.startsWith('08')
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN|ENOENT)/.test(code))
    return true
  return (
    error instanceof Error &&
    /connection terminated|terminating connection|client has encountered a connection error|not queryable/i.test(
      error.message,
    )
  )
}
