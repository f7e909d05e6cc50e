import { parse, parseIntoClientConfig } from 'pg-connection-string'

/** Where a database alias of the plan points; parsed once, so that no secret travels further than here. */
export interface DatabaseTarget {
  readonly alias: string
  readonly url: string
}

/** `host:port/database` for messages: everything but the user and the password. */
export function describeTarget(target: DatabaseTarget): string {
  try {
    const { host, port, database } = parse(target.url)
    return `${host ?? 'localhost'}:${port ?? '5432'}/${database ?? ''}`
  } catch {
    return '(unreadable connection string)'
  }
}

/** The database that a connection string names. */
export function databaseName(url: string): string {
  return parse(url).database ?? ''
}

/** The same server, user and settings, another database. */
export function inDatabase({ alias, url }: DatabaseTarget, name: string): DatabaseTarget {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(name)}`
  return { alias, url: other.href }
}

/**
 * A connection for a driver that makes its own: what the database or the role has set as defaults (read-only transactions, a
 * limit for statements, a search_path) does not hold in it.
 */
export function ownConnection(
  target: DatabaseTarget,
  applicationName: string,
): ReturnType<typeof parseIntoClientConfig> {
  const config = parseIntoClientConfig(target.url)
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
