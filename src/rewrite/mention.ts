import { ident } from '../pg/quoting.ts'

/** What became of one place in which the name of something that moves is written. */
export interface Mention {
  readonly kind: 'rewritten' | 'kept' | 'undecided'
  readonly name: string
  /** In UTF-16 units of the text. */
  readonly start: number
  readonly end: number
  /** Why it was kept, or cannot be decided. */
  readonly reason: string
}

/** A change of the text: what is between two places becomes something else. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The text with all edits.
 * @throws RangeError when two overlap
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = ''
  let at = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    if (edit.start < at) throw new RangeError(`edits overlap at ${edit.start}`)
    result += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return result + text.slice(at)
}

/** The schema of a name, put before it or in place of the one that is written. */
export function qualify(
  name: { readonly start: number },
  schema: { readonly start: number; readonly end: number } | undefined,
  target: string,
): Edit {
  return schema === undefined
    ? { start: name.start, end: name.start, text: `${ident(target)}.` }
    : { start: schema.start, end: schema.end, text: ident(target) }
}
