import type { Token } from '../sql/lexer.ts'
import type { Outcome } from './context.ts'
import type { Edit, Mention } from './mention.ts'

/** What was found in a statement so far: each place is decided once. */
export class Findings {
  readonly edits: Edit[] = []
  readonly #mentions = new Map<number, Mention>()
  readonly #nested: Mention[] = []
  readonly #read = new Set<number>()

  /** Was the token that begins here decided, or read as a text of its own? */
  has(start: number): boolean {
    return this.#mentions.has(start) || this.#read.has(start)
  }

  mention(token: Pick<Token, 'start' | 'end' | 'value'>, kind: Mention['kind'], reason: string): void {
    const { start, end, value } = token
    this.#mentions.set(start, { kind, name: value, start, end, reason })
  }

  rewritten(token: Token, edit: Edit): void {
    this.edits.push(edit)
    this.mention(token, 'rewritten', '')
  }

  /** What cannot be found in the text, told of the whole statement. */
  lost(name: string, first: Token | undefined, last: Token | undefined): void {
    this.#nested.push({
      ...{ kind: 'undecided', name, start: first?.start ?? 0, end: last?.end ?? 0 },
      reason: 'the parser does not tell where it is written',
    })
  }

  /** Takes over what was found in a string of the statement. */
  take({ start }: Token, { edits, mentions }: Outcome): void {
    this.edits.push(...edits)
    this.#nested.push(...mentions)
    this.#read.add(start)
  }

  outcome(): Outcome {
    const mentions = [...this.#mentions.values(), ...this.#nested].toSorted((a, b) => a.start - b.start)
    return { edits: this.edits, mentions }
  }
}
