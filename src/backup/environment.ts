import { userInfo } from 'node:os'
import { readConnection } from '../pg/connection-string.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { DatabaseTarget } from '../pg/target.ts'

/**
 * The environment that makes PostgreSQL's own programs connect as our sessions do: secrets are then in no argument
 * list, which every user of the machine can read. What the driver would take from the environment stays.
 */
export function toolEnvironment(
  target: DatabaseTarget,
  server: Pick<ServerFacts, 'database'>,
  applicationName: string,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const url = readConnection(target.url)
  const result: NodeJS.ProcessEnv = {
    ...env,
    PGHOST: url.host || env['PGHOST'] || 'localhost',
    PGPORT: url.port || env['PGPORT'] || '5432',
    PGUSER: url.user || env['PGUSER'] || env['USER'] || userInfo().username,
    PGDATABASE: server.database,
    PGAPPNAME: applicationName,
    // Messages are read for progress and for a full disk.
    LC_ALL: 'C',
  }
  if (url.password) result['PGPASSWORD'] = url.password
  for (const [parameter, variable] of Object.entries(passedOn)) {
    const value = url[parameter]
    if (typeof value === 'string' && value !== '') result[variable] = value
  }
  result['PGOPTIONS'] = [result['PGOPTIONS'], safeOptions].filter(Boolean).join(' ')
  const sslmode = url['sslmode'] ?? (url.ssl === true ? 'require' : url.ssl === false ? 'disable' : undefined)
  // no-verify is a word of the driver's; libpq's require does not verify either.
  if (typeof sslmode === 'string') result['PGSSLMODE'] = sslmode === 'no-verify' ? 'require' : sslmode
  return Object.fromEntries(Object.entries(result).filter(([name]) => !redirecting.includes(name)))
}

/** After what the connection string says; these programs set a path of their own only when they have begun. */
const safeOptions = '-c search_path=pg_catalog,pg_temp'

const passedOn = {
  options: 'PGOPTIONS',
  passfile: 'PGPASSFILE',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslrootcert: 'PGSSLROOTCERT',
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  channel_binding: 'PGCHANNELBINDING',
  gssencmode: 'PGGSSENCMODE',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  krbsrvname: 'PGKRBSRVNAME',
}

/** libpq obeys these before PGHOST and the driver ignores them: the two would reach different servers. */
const redirecting = [
  'PGSERVICE',
  'PGSERVICEFILE',
  'PGHOSTADDR',
  'PGTARGETSESSIONATTRS',
  'PGLOADBALANCEHOSTS',
  'PGCLIENTENCODING',
]
