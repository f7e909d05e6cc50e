import type { Token } from '../sql/lexer.ts'
import { readLiteral } from './literal.ts'
import type { Edit, Mention } from './mention.ts'

/** A part of an SQL text that is put together of several, and where it is written in the text around it. */
export interface Piece {
  readonly text: string
  /** Where a place of it is; undefined where nothing can be written, as in a hole. */
  outer(index: number): number | undefined
  encode(text: string): string
}

/** What a string holds; undefined for a form that nothing is put into. */
export function pieceOf(
  text: string,
  token: Token,
  mask: (inner: string) => string = (it) => it,
): Piece | undefined {
  const literal = readLiteral(text, token)
  if (literal === undefined) return undefined
  return {
    text: mask(literal.inner),
    outer: (index) => literal.outer(index),
    encode: (it) => literal.encode(it),
  }
}

/** Something in the middle of a text that is known only when it runs. */
export function hole(mask: string): Piece {
  return { text: mask, outer: () => undefined, encode: (it) => it }
}

/** Edits and mentions of the text that pieces make, in the text that these stand in; undefined when one falls into a hole. */
export function outward(
  pieces: readonly Piece[],
  edits: readonly Edit[],
  mentions: readonly Mention[],
): { edits: Edit[]; mentions: Mention[] } | undefined {
  const locate = (index: number): { piece: Piece; at: number } => {
    let at = index
    for (const piece of pieces) {
      if (at < piece.text.length || piece === pieces.at(-1)) return { piece, at }
      at -= piece.text.length
    }
    throw new RangeError(`there is no place ${index}`)
  }
  const start = (index: number): number | undefined => {
    const { piece, at } = locate(index)
    return piece.outer(at)
  }
  const end = (index: number): number | undefined => {
    const { piece, at } = locate(index - 1)
    return piece.outer(at + 1)
  }
  const moved: Edit[] = []
  for (const edit of edits) {
    const from = start(edit.start)
    const to = edit.end === edit.start ? from : end(edit.end)
    if (from === undefined || to === undefined) return undefined
    // What stands between two pieces is not the text’s to change.
    if (edit.end > edit.start && locate(edit.start).piece !== locate(edit.end - 1).piece) return undefined
    moved.push({ start: from, end: to, text: locate(edit.start).piece.encode(edit.text) })
  }
  return {
    edits: moved,
    mentions: mentions.flatMap((mention) => {
      const from = start(mention.start)
      return from === undefined ? [] : [{ ...mention, start: from, end: end(mention.end) ?? from }]
    }),
  }
}
