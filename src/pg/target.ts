import { parse } from 'pg-connection-string'

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
