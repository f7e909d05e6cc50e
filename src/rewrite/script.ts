import { isMark, isToken, isWord, pieceAt, type Token } from '../sql/lexer.ts'

/** A statement of a script for psql. */
export interface ScriptStatement {
  readonly start: number
  readonly end: number
  /** Commands of psql in the middle of it, which are no part of it. */
  readonly commands: readonly { readonly start: number; readonly end: number }[]
  /** A command of psql, and no statement. */
  readonly isCommand: boolean
  /** Does psql run what it gives as statements (`\gexec`)? */
  readonly isExecuted: boolean
}

/** Commands that end the statement before them, as a semicolon does, or throw it away. */
const ending = /^\\(?:g|gx|gset|gexec|gdesc|crosstabview|watch|bind|r|reset)\b/

/**
 * Finds the statements and commands of a script for psql. A statement is what is between semicolons outside of parentheses and BEGIN ATOMIC, without
 * the rows that follow COPY … FROM STDIN.
 */
export function splitScript(text: string): ScriptStatement[] {
  const splitter = new Splitter(text)
  splitter.run()
  return splitter.statements
}

/** A branch of \if in the middle of a statement. */
interface Branch {
  /** The statement without this branch. */
  tokens: Token[]
  depth: number
  from: number
  isTaken: boolean
  isFalse: boolean
}

function isFalse(condition: string): boolean {
  return /^(?:f|false|off|no|0)$/i.test(condition)
}

class Splitter {
  readonly statements: ScriptStatement[] = []
  readonly #text: string
  #at = 0
  #tokens: Token[] = []
  #depth = 0
  #atomic = 0
  #commands: { start: number; end: number }[] = []
  /** The branches of \if that the text is in; undefined for those that no statement goes on in. */
  readonly #branches: (Branch | undefined)[] = []
  /** COPY FROM STDIN that were sent together with what follows: their rows come after the semicolon. */
  #copies = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): void {
    const text = this.#text
    // psql takes a byte order mark for none of the first statement.
    if (text.startsWith('\uFEFF')) this.#at = 1
    while (this.#at < text.length) {
      if (text[this.#at] === '\\') this.#command()
      else this.#token()
    }
    this.#end()
  }

  #token(): void {
    const piece = pieceAt(this.#text, this.#at)
    this.#at = piece.end
    if (!isToken(piece)) return
    if (isMark(piece, ';') && this.#depth === 0 && this.#atomic === 0) {
      this.#end()
      for (; this.#copies > 0; this.#copies--) this.#skipRows()
      return
    }
    this.#nest(piece)
    this.#tokens.push(piece)
  }

  #nest(token: Token): void {
    if (isMark(token, '(')) this.#depth += 1
    else if (isMark(token, ')')) this.#depth = Math.max(0, this.#depth - 1)
    if (!isWord(this.#tokens[0], 'create')) return
    if (isWord(token, 'atomic') && isWord(this.#tokens.at(-1), 'begin')) this.#atomic = 1
    else if (this.#atomic > 0 && isWord(token, 'case')) this.#atomic += 1
    else if (this.#atomic > 0 && isWord(token, 'end')) this.#atomic -= 1
  }

  /** A backslash: `\;` sends what is before it together with what follows, the rest of the line is else psql's. */
  #command(): void {
    const line = this.#text.slice(this.#at).split('\n', 1)[0]!
    if (line.startsWith('\\;')) {
      this.#end()
      this.#at += 2
      return
    }
    const begin = this.#at
    // Two backslashes outside of quotes end a command before the line does.
    const [own] = /^\\(?:'(?:[^'\\]|\\.|'')*'|"[^"]*"|`[^`]*`|(?!\\\\)[^])*/.exec(line)!
    this.#at += own.length < line.length ? own.length + 2 : line.length
    const conditional = /^\\(if|elif|else|endif)\b[ \t]*(\S*)/.exec(line)
    if (conditional !== null) this.#branch(conditional[1]!, conditional[2]!, begin)
    else if (this.#tokens.length === 0 && line.startsWith('\\gexec')) this.#executeLast()
    else if (ending.test(line)) this.#end(line.startsWith('\\gexec'))
    else if (this.#tokens.length > 0) this.#commands.push({ start: begin, end: this.#at })
    this.statements.push({ start: begin, end: this.#at, commands: [], isCommand: true, isExecuted: false })
    if (/^\\copy\b.*\bfrom\s+p?stdin\b/i.test(line)) this.#skipRows()
  }

  /**
   * \if, \elif, \else, \endif. Between statements all branches are read; within a statement the first that is not
   * plainly false, so that one statement stands for all that it could be.
   */
  #branch(word: string, condition: string, at: number): void {
    if (word === 'if') {
      if (this.#tokens.length === 0) this.#branches.push(undefined)
      else
        this.#branches.push({
          tokens: [...this.#tokens],
          depth: this.#depth,
          from: at,
          isTaken: false,
          isFalse: isFalse(condition),
        })
      return
    }
    const branch = this.#branches.at(-1)
    if (branch === undefined) this.#end()
    else if (branch.isTaken || branch.isFalse) {
      this.#tokens = [...branch.tokens]
      this.#depth = branch.depth
      this.#commands.push({ start: branch.from, end: at })
    } else {
      branch.isTaken = true
      branch.tokens = [...this.#tokens]
      branch.depth = this.#depth
    }
    if (branch !== undefined) {
      branch.from = at
      branch.isFalse = word === 'elif' && isFalse(condition)
    }
    if (word === 'endif') this.#branches.pop()
  }

  /** With nothing before it, the latest statement is run once more. */
  #executeLast(): void {
    const at = this.statements.findLastIndex(({ isCommand }) => !isCommand)
    if (at >= 0) this.statements[at] = { ...this.statements[at]!, isExecuted: true }
  }

  #end(isExecuted = false): void {
    const [first, last] = [this.#tokens[0], this.#tokens.at(-1)]
    if (first !== undefined)
      this.statements.push({
        start: first.start,
        end: last!.end,
        commands: outermost(this.#commands.filter(({ start }) => start < last!.end)),
        isCommand: false,
        isExecuted,
      })
    if (this.#isCopyFromStdin()) this.#copies += 1
    this.#tokens = []
    this.#depth = 0
    this.#atomic = 0
    this.#commands = []
  }

  #isCopyFromStdin(): boolean {
    const words = this.#tokens.map(({ kind, value }) => (kind === 'word' ? value : ''))
    const from = words.indexOf('from')
    return words[0] === 'copy' && from > 0 && ['stdin', 'stdout'].includes(words[from + 1] ?? '')
  }

  /**
   * To behind the line that is `\.` alone. Where there is none the statement was meant to fail, and so it was where another
   * COPY comes before that line: rows do not look like it.
   */
  #skipRows(): void {
    const rows = /[^\n]*\n(?:([^]*?)\n)??\\\.[ \t\r]*(?:\n|$)/y
    rows.lastIndex = this.#at
    const found = rows.exec(this.#text)
    if (found !== null && !/^copy [^\t\n]*\bfrom stdin\b.*;/im.test(found[1] ?? '')) this.#at = rows.lastIndex
  }
}

/** A branch that is left out holds commands itself. */
function outermost(ranges: readonly { start: number; end: number }[]): { start: number; end: number }[] {
  return ranges
    .filter(
      (range) =>
        !ranges.some((other) => other !== range && other.start <= range.start && other.end >= range.end),
    )
    .toSorted((a, b) => a.start - b.start)
}
