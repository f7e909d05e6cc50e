import { MigrateError } from '../errors/migrate-error.ts'
import { SqlLexer } from './sql-lexer.ts'

/** What was left out of a plain dump, and how often. */
export type LeftOut = Map<string, number>

/** Statements that would reach beyond the database they are restored into, or need roles that may not exist here. */
const unwanted: readonly (readonly [RegExp, string])[] = [
  [/^(create|drop|alter) database\b/i, 'statements about databases'],
  [/^alter system\b/i, 'settings of the server'],
  [/^(create|drop|alter) (role|group|tablespace)\b/i, 'statements about roles and tablespaces'],
  [/^(create|drop|alter) user\b(?! mapping)/i, 'statements about roles and tablespaces'],
  [/^comment on (database|role|tablespace)\b/i, 'comments on databases and roles'],
  [/^alter [^;]*\bowner to\b/i, 'owners'],
  [/^(grant|revoke|alter default privileges)\b/i, 'privileges'],
  [/^(set|reset) (session authorization|role)\b/i, 'owners'],
  [/^security label\b/i, 'security labels'],
  [/^(create|drop|alter) subscription\b/i, 'subscriptions'],
  // Servers before 17 do not know it, and dumps by later ones begin with it.
  [/^set transaction_timeout\b/i, 'settings of later servers'],
]

/**
 * Passes a plain dump on to psql, line by line, without what would reach beyond the database it is restored into: psql's own
 * commands, other databases, roles. The text is bytes (latin1), so that every encoding passes as it is.
 * @throws MigrateError `backup-corrupt` when the text ends in the middle, `restore-refused` for what cannot be left out
 */
export async function* filterPlain(lines: AsyncIterable<string>, leftOut: LeftOut): AsyncGenerator<string> {
  const filter = new PlainFilter(leftOut)
  for await (const line of lines) {
    const passed = filter.pass(line)
    if (passed !== '') yield passed
  }
  filter.end()
}

class PlainFilter {
  readonly #leftOut: LeftOut
  #lexer = new SqlLexer()
  #statement = ''
  #isCopy = false
  #database: string | undefined
  #number = 0
  #isDump = false
  #isComplete = false

  constructor(leftOut: LeftOut) {
    this.#leftOut = leftOut
  }

  /** What of a line, and of the statement that ends in it, goes on. */
  pass(line: string): string {
    this.#number++
    if (this.#isCopy) {
      if (/^\\\.\r?$/.test(line)) this.#isCopy = false
      return `${line}\n`
    }
    const isFresh = this.#statement.trim() === '' && this.#lexer.isBetween
    if (isFresh && line.startsWith('\\')) return this.#command(line)
    if (isFresh && line.startsWith('--')) return this.#comment(line)
    return this.#text(line)
  }

  end(): void {
    const isOpen = this.#isCopy || !this.#lexer.isBetween || bare(this.#statement) !== ''
    if (!isOpen && (!this.#isDump || this.#isComplete)) return
    throw new MigrateError('backup-corrupt', 'the file ends in the middle of a dump', {
      detail: [
        isOpen ? `line ${this.#number} ends inside a statement` : 'the line that ends every dump is missing',
      ],
      next: ['use a complete dump'],
    })
  }

  #text(line: string): string {
    let passed = ''
    for (let rest = line; ;) {
      const { end, hasCommand } = this.#lexer.read(rest)
      if (hasCommand) throw this.#refused('a command of psql in the middle of a statement', rest)
      if (end === undefined) {
        this.#statement += `${rest}\n`
        return passed
      }
      this.#statement += rest.slice(0, end)
      passed += this.#ended()
      rest = rest.slice(end)
      if (rest.trim() === '') return `${passed}\n`
    }
  }

  /** The statement that has just ended, or nothing in its place. */
  #ended(): string {
    const statement = this.#statement
    this.#statement = ''
    this.#lexer = new SqlLexer()
    const text = bare(statement)
    const reason = unwanted.find(([pattern]) => pattern.test(text))?.[1]
    if (reason !== undefined) {
      this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1)
      return ''
    }
    if (/^copy\b/i.test(text)) {
      if (!/\bfrom stdin\b/i.test(text)) throw this.#refused('COPY of a file or program of the server', text)
      this.#isCopy = true
    }
    return statement
  }

  #command(line: string): string {
    const [, command = '', argument = ''] = /^\\(\w+)\s*([^]*)$/.exec(line.trimEnd()) ?? []
    switch (command) {
      case 'restrict':
      case 'unrestrict':
        return ''
      case 'c':
      case 'connect':
        if (this.#database !== undefined && this.#database !== argument) {
          throw this.#refused(`databases ${this.#database} and ${argument}`, line)
        }
        this.#database = argument
        this.#leftOut.set('\\connect', (this.#leftOut.get('\\connect') ?? 0) + 1)
        return ''
      default:
        throw this.#refused('a command of psql', line)
    }
  }

  #comment(line: string): string {
    this.#isDump ||= /^-- PostgreSQL database (cluster )?dump\r?$/.test(line)
    this.#isComplete ||= /^-- PostgreSQL database (cluster )?dump complete\r?$/.test(line)
    return `${line}\n`
  }

  #refused(what: string, text: string): MigrateError {
    return new MigrateError('restore-refused', `line ${this.#number} of the file holds ${what}`, {
      detail: [text.trim().slice(0, 200)],
      next: ['take that out of the file; pg_dump without -C writes one database and none of this'],
    })
  }
}

/** A statement without the comments before it, its blanks made one. */
function bare(statement: string): string {
  return statement
    .replace(/^(\s+|--[^\n]*(\n|$)|\/\*[^]*?\*\/)+/, '')
    .slice(0, 2000)
    .replaceAll(/\s+/g, ' ')
    .trim()
}
