import type { ClientConfig } from 'pg'
import { clientConfig, readConnection, withDatabase } from './connection-string.ts'

/** Where a database alias of the plan points; parsed once, so that no secret travels further than here. */
export interface DatabaseTarget {
  readonly alias: string
  readonly url: string
}

/** `host:port/database` for messages: everything but the user and the password, and no database by an odd name, which may be both. */
export function describeTarget(target: DatabaseTarget): string {
  try {
    const { host, port, database } = readConnection(target.url)
    const isPlain = /^[\p{L}\p{N}_$. -]*$/u.test(database ?? '')
    return `${host || 'localhost'}:${port || '5432'}/${isPlain ? (database ?? '') : '…'}`
  } catch {
    return '(unreadable connection string)'
  }
}

/** The database that a connection string names. */
export function databaseName(url: string): string {
  return readConnection(url).database ?? ''
}

/** The same server, user and settings, another database. */
export function inDatabase({ alias, url }: DatabaseTarget, name: string): DatabaseTarget {
  return { alias, url: withDatabase(url, name) }
}

/**
 * A connection for a driver that makes its own: what the database or the role has set as defaults (read-only transactions, a
 * limit for statements, a search_path) does not hold in it.
 */
export function ownConnection(target: DatabaseTarget, applicationName: string): ClientConfig {
  const config = clientConfig(target.url)
  const options = [
    config.options,
    '-c search_path=pg_catalog,pg_temp -c default_transaction_read_only=off -c statement_timeout=0',
  ]
  return {
    ...config,
    application_name: applicationName,
    options: options.filter((each) => each !== undefined).join(' '),
  }
}
