import { MigrateError } from '../errors/migrate-error.ts'
import type { Parser } from '../sql/parser.ts'
import type { Node } from '../sql/tree.ts'
import { nothingTouched } from './failure.ts'
import { isCopyIn } from './plain-allowed.ts'
import { SqlLexer } from './sql-lexer.ts'

/** What was left out of a plain dump, and how often. */
export type LeftOut = Map<string, number>

/** A statement of a plain dump; `rows` are the lines that follow a COPY FROM stdin. Text is bytes (latin1). */
export interface Piece {
  readonly text: string
  readonly tree: Node
  readonly line: number
  readonly rows: AsyncIterable<string> | undefined
}

/** Counts what is left out. */
export function leaveOut(leftOut: LeftOut, what: string): void {
  leftOut.set(what, (leftOut.get(what) ?? 0) + 1)
}

/**
 * Reads a plain dump into its statements, as PostgreSQL's own parser sees them, and the rows of its COPYs. Commands of psql
 * are not carried out: those that pg_dump writes are passed over, others refused.
 * @throws MigrateError `backup-corrupt` when the text ends in the middle, `restore-refused`, `command-failed` for a statement
 * that is none
 */
export async function* readPlain(
  lines: AsyncIterable<string>,
  parser: Parser,
  leftOut: LeftOut,
): AsyncGenerator<Piece> {
  const reader = new PlainReader(parser, leftOut)
  const source = lines[Symbol.asyncIterator]()
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    for await (const piece of reader.read(next.value)) {
      const rows = isCopyIn(piece.tree) ? reader.rows(source) : undefined
      yield { ...piece, rows }
      // Whoever had no use for the rows has left them.
      for (const left = rows?.[Symbol.asyncIterator](); left !== undefined;) {
        if ((await left.next()).done === true) break
      }
    }
  }
  reader.end()
}

class PlainReader {
  readonly #parser: Parser
  readonly #leftOut: LeftOut
  #lexer = new SqlLexer()
  #statement = ''
  #database: string | undefined
  #number = 0
  #isDump = false
  #isComplete = false

  constructor(parser: Parser, leftOut: LeftOut) {
    this.#parser = parser
    this.#leftOut = leftOut
  }

  /** The statements that end in a line. */
  async *read(line: string): AsyncGenerator<Omit<Piece, 'rows'>> {
    this.#number++
    const isFresh = this.#statement.trim() === '' && this.#lexer.isBetween
    if (isFresh && line.startsWith('\\')) return this.#command(line)
    if (isFresh && line.startsWith('--')) return this.#comment(line)
    for (let rest = line; ;) {
      const { end, hasCommand } = this.#lexer.read(rest)
      if (hasCommand) throw this.#refused('a command of psql in the middle of a statement', rest)
      if (end === undefined) {
        this.#statement += `${rest}\n`
        return
      }
      this.#statement += rest.slice(0, end)
      rest = rest.slice(end)
      const piece = await this.#ended()
      if (piece !== undefined) yield piece
      if (rest.trim() === '') return
      if (piece !== undefined && isCopyIn(piece.tree)) throw this.#refused('text behind a COPY', line)
    }
  }

  /** The lines up to the one that ends a COPY; going on where an earlier reader stopped. */
  rows(source: AsyncIterator<string>): AsyncIterable<string> {
    let isOpen = true
    const next = async (): Promise<IteratorResult<string, undefined>> => {
      if (!isOpen) return { done: true, value: undefined }
      const line = await source.next()
      if (line.done === true) throw this.#cut('ends inside the rows of a COPY')
      this.#number++
      isOpen = !/^\\\.\r?$/.test(line.value)
      return isOpen ? { value: line.value } : { done: true, value: undefined }
    }
    return { [Symbol.asyncIterator]: () => ({ next }) }
  }

  end(): void {
    if (!this.#lexer.isBetween || bare(this.#statement) !== '') throw this.#cut('ends inside a statement')
    if (this.#isDump && !this.#isComplete) throw this.#cut('is not the line that ends every dump')
  }

  /** The statement that has just ended; undefined where it goes on, or was empty. */
  async #ended(): Promise<Omit<Piece, 'rows'> | undefined> {
    const text = this.#statement
    await this.#parser.ready()
    const parsed = this.#parser.parse(text, longestStatement)
    // The statements inside of BEGIN ATOMIC end with semicolons too.
    if ('unparsable' in parsed && /\bbegin\s+atomic\b/i.test(text)) {
      this.#lexer = new SqlLexer()
      return undefined
    }
    this.#statement = ''
    this.#lexer = new SqlLexer()
    if ('unparsable' in parsed) {
      throw new MigrateError('command-failed', `line ${this.#number} of the file: ${parsed.unparsable}`, {
        state: nothingTouched,
        detail: [bare(text).slice(0, 200)],
        next: ['use a dump as pg_dump has written it'],
      })
    }
    const [only, ...others] = parsed.statements
    if (others.length > 0) throw this.#refused('several statements where one is expected', text)
    return only === undefined ? undefined : { text, tree: only.tree, line: this.#number }
  }

  #command(line: string): void {
    const [, command = '', argument = ''] = /^\\(\w+)\s*([^]*)$/.exec(line.trimEnd()) ?? []
    switch (command) {
      case 'restrict':
      case 'unrestrict':
        return
      case 'c':
      case 'connect':
        if (this.#database !== undefined && this.#database !== argument) {
          throw this.#refused(`databases ${this.#database} and ${argument}`, line)
        }
        this.#database = argument
        leaveOut(this.#leftOut, '\\connect')
        return
      default:
        throw this.#refused('a command of psql', line)
    }
  }

  #comment(line: string): void {
    this.#isDump ||= /^-- PostgreSQL database (cluster )?dump\r?$/.test(line)
    this.#isComplete ||= /^-- PostgreSQL database (cluster )?dump complete\r?$/.test(line)
  }

  #cut(how: string): MigrateError {
    return new MigrateError('backup-corrupt', 'the file ends in the middle of a dump', {
      detail: [`line ${this.#number}, its last, ${how}`],
      next: ['use a complete dump'],
    })
  }

  #refused(what: string, text: string): MigrateError {
    return new MigrateError('restore-refused', `line ${this.#number} of the file holds ${what}`, {
      detail: [text.trim().slice(0, 200)],
      next: ['take that out of the file; pg_dump without -C writes one database and none of this'],
    })
  }
}

/** A statement without the comments before it. */
function bare(statement: string): string {
  return statement.replace(/^(\s+|--[^\n]*(\n|$)|\/\*[^]*?\*\/)+/, '').trim()
}

/** Rows in one INSERT, as pg_dump --rows-per-insert writes them. */
const longestStatement = 32 * 1024 * 1024
