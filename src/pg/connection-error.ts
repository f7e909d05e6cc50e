import { MigrateError } from '../errors/migrate-error.ts'
import { withoutSecrets } from '../errors/secrets.ts'
import { UnreadableConnection } from './connection-string.ts'
import { sqlstate, stateOf } from './sqlstate.ts'
import { describeTarget, type DatabaseTarget } from './target.ts'

/** Names the reason a connection failed in words an operator can act on; never the password. */
export function connectionError(target: DatabaseTarget, error: unknown): MigrateError {
  if (error instanceof UnreadableConnection) return unreadable(target, error)
  const where = describeTarget(target)
  const message = withoutSecrets(
    error instanceof Error ? error.message || String((error as { code?: string }).code) : String(error),
  )
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

function unreadable({ alias }: DatabaseTarget, { message }: UnreadableConnection): MigrateError {
  return new MigrateError(
    'connection-failed',
    `the connection string of database "${alias}" cannot be used: ${message}`,
    { next: ['correct the environment variable or the plan that holds it, then run the same command again'] },
  )
}

const reasons: Readonly<Record<string, string>> = {
  [sqlstate.invalidPassword]: 'the password is wrong',
  [sqlstate.invalidAuthorization]: 'the server does not let this role in',
  [sqlstate.invalidCatalogName]: 'the database does not exist',
  [sqlstate.tooManyConnections]: 'the server has no connection left',
  [sqlstate.cannotConnectNow]: 'the server is starting, stopping or recovering',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name is not known',
  ENOENT: 'the socket does not exist',
}

function reason(error: unknown, message: string): string {
  const known = reasons[stateOf(error) ?? (error as { code?: string } | null)?.code ?? '']
  if (known !== undefined) return known
  if (/password/i.test(message)) return 'the server wants a password and none was given'
  return /timeout/i.test(message) ? 'no answer within 10 s' : message
}

function advice(error: unknown, where: string): string[] {
  const state = stateOf(error)
  const host = where.slice(0, where.lastIndexOf('/'))
  const isLogin = state === sqlstate.invalidPassword || state === sqlstate.invalidAuthorization
  if (isLogin || /password/i.test(error instanceof Error ? error.message : '')) {
    return ['correct the user and password in the environment variable the plan names, or in ~/.pgpass']
  }
  return [`pg_isready -h ${host.replace(/:(\d+)$/, ' -p $1')}`, 'then run the same command again']
}
