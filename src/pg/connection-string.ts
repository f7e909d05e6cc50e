import { parse, toClientConfig, type ConnectionOptions } from 'pg-connection-string'
import type { ClientConfig } from 'pg'

/** A connection string that cannot be read. What it says is in no message: any part of it may be the password. */
export class UnreadableConnection extends Error {}

/** Its parts as the driver takes them. @throws UnreadableConnection */
export function readConnection(text: string): ConnectionOptions {
  const problem = formProblem(text)
  if (problem !== undefined) throw new UnreadableConnection(problem)
  try {
    const parts = parse(text)
    const wrong = partsProblem(parts)
    if (wrong !== undefined) throw new UnreadableConnection(wrong)
    return parts
  } catch (error) {
    if (error instanceof UnreadableConnection) throw error
    // The driver's own words, and what hangs on its errors, may quote the text.
    throw new UnreadableConnection(isFileError(error) ? unreadableFile(error) : unreadable)
  }
}

/** What the driver's client is made with. @throws UnreadableConnection */
export function clientConfig(text: string): ClientConfig {
  return toClientConfig(readConnection(text))
}

/** The same server, user and settings, another database. @throws UnreadableConnection */
export function withDatabase(text: string, database: string): string {
  readConnection(text)
  const name = encodeURIComponent(database)
  if (text.startsWith('/')) return `${text.split(' ')[0]} ${database}`
  const [, before = '', query = ''] = /^([^?]*)(.*)$/s.exec(wellFormed(text)) ?? []
  if (!/^socket:/i.test(text)) return `${/^[a-z]+:\/\/[^/]*/i.exec(before)?.[0]}/${name}${query}`
  const others = query
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('db='))
  return `${before}?${[...others, `db=${name}`].join('&')}`
}

/** Spaces and single percent signs as the driver reads them. */
function wellFormed(text: string): string {
  if (!/ |%(?![\da-f]{2})/i.test(text)) return text
  return encodeURI(text).replaceAll(/%25(\d\d)/g, '%$1')
}

/** What is wrong with a connection string, without a word of it. */
export function connectionProblem(text: string): string | undefined {
  try {
    readConnection(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const wanted = 'write it as postgresql://user@host:5432/database'
const unreadable = `it cannot be read: ${wanted}, with %2F for / and so on for : @ ? # and % in user and password`

/** What speaks against the text before it is taken apart; the driver would take the wrong part for the host or the database. */
function formProblem(text: string): string | undefined {
  if (/^["'`]|["'`]$/.test(text)) return 'it has quotes around it'
  // eslint-disable-next-line no-control-regex -- the driver's parser drops some of them without a word
  if (/^\s|\s$|[\u0000-\u001F\u007F]/.test(text)) return 'it has white space at an end, or a line break in it'
  if (isSocket(text)) return undefined
  if (/^jdbc:/i.test(text)) return `addresses of JDBC are not read: ${wanted}`
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/i.exec(text) ?? []
  if (rest === undefined) return schemeProblem(text)
  if (rest.includes('#')) return 'it has a #, which must be written %23'
  const [, authority = '', path = '', query = ''] = /^([^/?]*)([^?]*)(?:\?(.*))?$/.exec(rest) ?? []
  if (/@|%40/.test(path)) return misplacedAt
  if (authority.slice(authority.lastIndexOf('@') + 1).includes(',')) return severalHosts
  return queryProblem(query)
}

/** A socket's folder and a database, or the driver's own scheme for one. */
function isSocket(text: string): boolean {
  return /^\/(?!\/)[^@:=]*$/.test(text) || /^socket:(?!.*@.*@)[^?#]*(\?[^#]*)?$/i.test(text)
}

function schemeProblem(text: string): string {
  if (/^\s*[a-z_]+\s*=/i.test(text)) return `keywords (host=… dbname=…) are not read: ${wanted}`
  if (/^postgres(?:ql)?:/i.test(text)) return `it needs two slashes behind postgresql: ${wanted}`
  return `it does not begin with postgresql://: ${wanted}`
}

const misplacedAt = 'it has an @ behind the host: / ? and # in user and password must be written %2F %3F %23'
const severalHosts = 'several hosts are not read: name the primary alone'

/** Parameters of libpq that lead elsewhere, and that the driver would pass over in silence. */
const elsewhere: Readonly<Record<string, string>> = {
  service: 'service= is not read: write host, user and database out',
  servicefile: 'servicefile= is not read: write host, user and database out',
  dbname: 'dbname= is not read: write /database behind the host',
  hostaddr: 'hostaddr= is not read: write the address as the host',
}

function queryProblem(query: string): string | undefined {
  for (const pair of query === '' ? [] : query.split('&')) {
    const [key = '', value = ''] = pair.split(/=(.*)/s)
    if (!/^[A-Za-z][\w.-]*$/.test(key)) return unreadable
    const known = elsewhere[key.toLowerCase()]
    if (known !== undefined) return known
    if (/^(host|port)$/.test(key) && /,|%2c/i.test(value)) return severalHosts
    if (value.includes('@') && !/^(user|password|sslpassword|options|application_name)$/.test(key))
      return misplacedAt
  }
  return undefined
}

function partsProblem({ host, port, database }: ConnectionOptions): string | undefined {
  if (port != null && port !== '' && !isPort(port)) return 'its port is no number from 1 to 65535'
  if (host != null && !isHost(host)) return `its host is none: ${wanted}`
  return database != null && /password\s*=/i.test(database) ? unreadable : undefined
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}

/** A name, an address or the folder of a socket; what has a colon or an @ in it may be user and password. */
function isHost(text: string): boolean {
  return (
    /^[\p{L}\p{N}._-]*$/u.test(text) || /^[\da-f:.]+(%[\w.-]+)?$/i.test(text) || /^[/@][^@:=]*$/.test(text)
  )
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'path' in error
}

function unreadableFile({ code }: NodeJS.ErrnoException): string {
  return `a file that sslcert=, sslkey= or sslrootcert= names cannot be read (${code ?? 'unknown'})`
}
