import type { Moves } from '../rewrite/moves.ts'
import { isMark, isName, lex } from '../sql/lexer.ts'
import { literally } from '../sql/literally.ts'

/** Finds the names that move in texts that need not be SQL. */
export class Names {
  readonly #moves: Moves
  readonly #anywhere: RegExp | undefined
  readonly #words: RegExp | undefined

  constructor(moves: Moves) {
    this.#moves = moves
    const all = [...moves.names].toSorted((a, b) => b.length - a.length).map(literally)
    if (all.length === 0) return
    this.#anywhere = new RegExp(all.join('|'), 'iu')
    const letter = String.raw`[\p{L}\p{N}_$]`
    this.#words = new RegExp(`(?<!${letter})(?:${all.join('|')})(?!${letter})`, 'giu')
  }

  /** Might a text name something that moves? Also when a letter before or after it belongs to an escape sequence. */
  mayHold(text: string): boolean {
    return this.#anywhere?.test(text) ?? false
  }

  /** Where words of a text are names that move. */
  wordsIn(text: string): { readonly name: string; readonly start: number; readonly end: number }[] {
    if (this.#words === undefined) return []
    return [...text.matchAll(this.#words)].map(({ 0: name, index }) => ({
      name,
      start: index,
      end: index + name.length,
    }))
  }

  /** Is a text the new name of something, with the schema that it moves to? */
  isNew(text: string): boolean {
    const [schema, name, ...rest] = text
      .trim()
      .replaceAll(/["`]/g, '')
      .split(/\s*\.\s*/)
    return (
      rest.length === 0 &&
      name !== undefined &&
      this.#moves.targets.has(schema!) &&
      this.#moves.names.has(name)
    )
  }

  /** The name that a text is, with or without its old schema; undefined for any other text. */
  isName(text: string): { readonly name: string; readonly isQualified: boolean } | undefined {
    const tokens = lex(text)
    const words = tokens.filter(isName).map(({ value }) => value)
    const isDotted = tokens.every((token, index) => (index % 2 === 0 ? isName(token) : isMark(token, '.')))
    const [name, schema] = [words.at(-1), words.at(-2)]
    if (!isDotted || name === undefined || words.length > 2 || !this.#moves.names.has(name)) return undefined
    if (schema !== undefined && !this.#moves.sources.has(schema)) return undefined
    return { name, isQualified: schema !== undefined }
  }
}
