import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { literal } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { bodyOf, list, text } from '../sql/tree.ts'
import { reasonAgainst, type Callable } from './plain-allowed.ts'
import { nothingTouched } from './failure.ts'
import { leaveOut, type LeftOut, type Piece } from './plain-filter.ts'

/**
 * Functions of pg_catalog that a dump may call: those that everybody may and that change nothing, the few that columns have
 * as defaults, and setval(). Among the volatile ones are those that read files, run a text as a query or end sessions.
 */
export async function callableIn(session: Session): Promise<Callable> {
  const found = await session.query<{ name: string; allowed: boolean }>(
    `select proname::text as name,
            bool_and(has_function_privilege('public', oid, 'EXECUTE')
              and (provolatile <> 'v' or proname = any ($1))
              and proname !~ '_to_xml|^current_setting$|^pg_(stat|show|hba|ident|cursor|prepared|lock)') as allowed
       from pg_catalog.pg_proc
      where pronamespace = 'pg_catalog'::regnamespace and prokind <> 'p'
      group by 1`,
    [['nextval', 'setval', 'currval', 'random', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv7']],
  )
  return {
    all: new Set(found.map(({ name }) => name)),
    allowed: new Set(found.filter(({ allowed }) => allowed).map(({ name }) => name)),
  }
}

/** Runs the statements of a plain dump that may be run, each by itself, and counts the others. */
export class PlainRun {
  readonly #session: Session
  readonly #callable: Callable
  readonly #leftOut: LeftOut
  #encoding = 'UTF8'
  #lacks = false

  constructor(session: Session, callable: Callable, leftOut: LeftOut) {
    this.#session = session
    this.#callable = callable
    this.#leftOut = leftOut
  }

  async run(piece: Piece): Promise<void> {
    const setting = bodyOf(piece.tree, 'VariableSetStmt')
    const name = text(setting?.['name'])?.toLowerCase()
    if (name === 'client_encoding' || name === 'standard_conforming_strings') {
      const [value] = list(setting!['args'])
      return this.#setting(name, constant(value), piece.line)
    }
    if (name === 'transaction_timeout') return leaveOut(this.#leftOut, 'settings of later servers')
    if (name !== undefined && timeouts.has(name)) return
    const reason = reasonAgainst(piece.tree, this.#callable)
    if (reason === undefined) return this.#carryOut(piece)
    this.#lacks ||= !/^(owners|privileges|settings)/.test(reason)
    leaveOut(this.#leftOut, reason)
  }

  /** Texts go to the server as UTF-8 whatever the file is in; rows go as they are. */
  #setting(name: string, value: string, line: number): void {
    const isOn = ['on', 'true', 'yes', '1'].includes(value.toLowerCase())
    if (name === 'client_encoding' ? byteSafe.test(value) : isOn) {
      if (name === 'client_encoding') this.#encoding = value
      return
    }
    throw new MigrateError('restore-refused', `line ${line} of the file sets ${name} to ${value}`, {
      next: ['write the dump with --encoding=UTF8 and PGOPTIONS="-c standard_conforming_strings=on"'],
    })
  }

  async #carryOut(piece: Piece): Promise<void> {
    const statement = this.#decoded(piece)
    try {
      if (piece.rows === undefined) await this.#session.cells(statement)
      else await this.#copy(statement, piece.rows)
    } catch (error) {
      const state = (error as { code?: unknown } | null)?.code
      if (isMigrateError(error) || typeof state !== 'string' || !/^(?!08|53|57)[0-9A-Z]{5}$/.test(state))
        throw error
      if (!this.#lacks || !missing.has(state)) throw statementFailed(piece, error)
      leaveOut(this.#leftOut, `what needs something that was left out (${(error as Error).message})`)
    }
  }

  async #copy(statement: string, rows: AsyncIterable<string>): Promise<void> {
    if (this.#encoding === 'UTF8') return this.#session.copyIn(statement, bytesOf(rows))
    await this.#session.script(`set client_encoding = ${literal(this.#encoding)}`)
    try {
      await this.#session.copyIn(statement, bytesOf(rows))
    } finally {
      await this.#session.script(`set client_encoding = 'UTF8'`)
    }
  }

  #decoded({ text: bytes, line }: Piece): string {
    // eslint-disable-next-line no-control-regex -- all of ASCII
    if (/^[\x00-\x7f]*$/.test(bytes)) return bytes
    const label = labels[this.#encoding.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')] ?? this.#encoding
    try {
      return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'))
    } catch (error) {
      throw new MigrateError(
        'restore-refused',
        `line ${line} of the file cannot be read as ${this.#encoding}`,
        {
          next: ['write the dump with --encoding=UTF8'],
          cause: error,
        },
      )
    }
  }
}

function statementFailed({ line, text: statement }: Piece, error: unknown): MigrateError {
  return new MigrateError('command-failed', `line ${line} of the file: ${(error as Error).message}`, {
    state: nothingTouched,
    detail: [statement.trim().slice(0, 200)],
    next: ['use a dump that fits this server'],
    cause: error,
  })
}

/** In larger pieces than lines: each is a message to the server. */
async function* bytesOf(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held: string[] = []
  let length = 0
  for await (const line of lines) {
    held.push(line, '\n')
    length += line.length + 1
    if (length < PIECE_BYTES) continue
    yield Buffer.from(held.join(''), 'latin1')
    held = []
    length = 0
  }
  if (length > 0) yield Buffer.from(held.join(''), 'latin1')
}

function constant(value: unknown): string {
  const found = bodyOf(value, 'A_Const')?.['sval'] as { sval?: string } | undefined
  return found?.sval ?? ''
}

const PIECE_BYTES = 64 * 1024
const timeouts: ReadonlySet<string> = new Set([
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'row_security',
  'default_with_oids',
  'escape_string_warning',
])
/** No function, relation, schema, type or other object of that name. */
const missing: ReadonlySet<string> = new Set(['42883', '42P01', '3F000', '42704', '42703'])
/** Encodings in which a byte of ASCII is never part of another character. */
const byteSafe = /^'?(utf-?8|unicode|sql_ascii|latin-?\d+|iso_?8859.*|win\d+|koi8.*|euc.*)'?$/i
const labels: Readonly<Partial<Record<string, string>>> = {
  UNICODE: 'utf-8',
  SQLASCII: 'utf-8',
  WIN1250: 'windows-1250',
  WIN1251: 'windows-1251',
  WIN1252: 'windows-1252',
  WIN1253: 'windows-1253',
  WIN1254: 'windows-1254',
  WIN1257: 'windows-1257',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  LATIN2: 'iso-8859-2',
  LATIN9: 'iso-8859-15',
  EUCJP: 'euc-jp',
  EUCKR: 'euc-kr',
}
