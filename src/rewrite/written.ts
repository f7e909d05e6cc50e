import { isMark, isName, type Token } from '../sql/lexer.ts'
import type { Offsets } from '../sql/offsets.ts'
import type { Statement } from '../sql/parser.ts'

/** A text with its tokens, of which some belong to one statement. */
export interface Source {
  readonly text: string
  readonly tokens: readonly Token[]
  readonly offsets: Offsets
}

/** A statement as it is written: finds the tokens of what its tree names. */
export class Written {
  readonly tokens: readonly Token[]
  readonly #source: Source

  constructor(source: Source, { start, length }: Statement) {
    this.#source = source
    const from = source.offsets(start)
    const to = length === 0 ? source.text.length : source.offsets(start + length)
    this.tokens =
      from === 0 && to === source.text.length
        ? source.tokens
        : source.tokens.filter((token) => token.start >= from && token.start < to)
  }

  /** The text that the statement stands in. */
  get around(): string {
    return this.#source.text
  }

  /** The statement's own text. */
  get text(): string {
    const [first, last] = [this.tokens[0], this.tokens.at(-1)]
    return first === undefined ? '' : this.#source.text.slice(first.start, last!.end)
  }

  /** The index of the token that begins at a byte; -1 where none does. */
  at(byte: number): number {
    const start = this.#source.offsets(byte)
    let [low, high] = [0, this.tokens.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.tokens[middle]!.start
      if (found === start) return middle
      if (found < start) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  /** The index of the first, or last, token of a dotted name that is free; -1 where there is none. */
  search(words: readonly string[], isLast: boolean, isTaken: (start: number) => boolean): number {
    const isFree = (token: Token, index: number): boolean =>
      isName(token) && !isTaken(token.start) && this.matches(index, words)
    return isLast ? this.tokens.findLastIndex(isFree) : this.tokens.findIndex(isFree)
  }

  /** Whether a dotted name of these words begins at the token, and not in the middle of a longer one. */
  matches(index: number, words: readonly string[]): boolean {
    if (isMark(this.tokens[index - 1], '.')) return false
    return words.every((word, n) => {
      const token = this.tokens[index + 2 * n]
      const dot = n === 0 ? undefined : this.tokens[index + 2 * n - 1]
      return token !== undefined && isName(token) && token.value === word && (n === 0 || isMark(dot, '.'))
    })
  }
}
