import { MigrateError } from '../errors/migrate-error.ts'
import { sqlstate, stateOf } from './sqlstate.ts'
import { describeTarget, type DatabaseTarget } from './target.ts'

/** Names the reason a connection failed in words an operator can act on; never the password. */
export function connectionError(target: DatabaseTarget, error: unknown): MigrateError {
  const where = describeTarget(target)
  const message =
    error instanceof Error ? error.message || String((error as { code?: string }).code) : String(error)
  return new MigrateError(
    'connection-failed',
    `cannot connect to database "${target.alias}" at ${where}: ${reason(error, message)}`,
    {
      detail: [message],
      next: advice(error, where),
      cause: error,
    },
  )
}

function reason(error: unknown, message: string): string {
  switch (stateOf(error)) {
    case sqlstate.invalidPassword:
      return 'the password is wrong'
    case sqlstate.invalidAuthorization:
      return 'the server does not let this role in'
    case sqlstate.invalidCatalogName:
      return 'the database does not exist'
    case sqlstate.tooManyConnections:
      return 'the server has no connection left'
    case sqlstate.cannotConnectNow:
      return 'the server is starting, stopping or recovering'
  }
  if (/password/i.test(message)) return 'the server wants a password and none was given'
  if (/timeout/i.test(message)) return 'no answer within 10 s'
  switch ((error as { code?: string } | null)?.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known'
    case 'ENOENT':
      return 'the socket does not exist'
    default:
      return message
  }
}

function advice(error: unknown, where: string): string[] {
  const state = stateOf(error)
  const host = where.slice(0, where.lastIndexOf('/'))
  if (state === sqlstate.invalidPassword || state === sqlstate.invalidAuthorization) {
    return ['correct the user and password in the environment variable the plan names, or in ~/.pgpass']
  }
  return [`pg_isready -h ${host.replace(/:(\d+)$/, ' -p $1')}`, 'then run the same command again']
}
