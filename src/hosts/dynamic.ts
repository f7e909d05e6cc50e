import { findSites } from '../rewrite/walk.ts'
import { isName, lex } from '../sql/lexer.ts'
import { offsetsOf } from '../sql/offsets.ts'
import type { Statement } from '../sql/parser.ts'
import type { Finding } from './finding.ts'
import { holeName, type Virtual } from './virtual.ts'

/** Relations of which the name, or the schema, is put in when the program runs. */
export function dynamicRelations(virtual: Virtual, statements: readonly Statement[]): Finding[] {
  const slots = slotsOf(virtual)
  if (slots.length === 0) return []
  const offsets = offsetsOf(virtual.text)
  const found = new Map<number, Finding>()
  for (const { tree } of statements) {
    for (const { class: of, words, at, hidden } of findSites(tree).sites) {
      if (of !== 'relation' || !words.some((word) => word.includes(holeName))) continue
      if (words.length === 1 && hidden.has(words[0]!)) continue
      const from = 'byte' in at ? offsets(at.byte) : virtual.text.indexOf(holeName)
      const to = endOfName(virtual.text, from, words.length)
      const within = slots.filter(({ begin, end }) => begin < to && end > from)
      const [first, last] = [within[0], within.at(-1)]
      if (first === undefined || last === undefined) continue
      found.set(first.start, {
        kind: 'undecided',
        code: 'dynamic-relation',
        name: words.at(-1) === holeName ? '' : words.at(-1)!.replaceAll(holeName, '…'),
        start: Math.min(first.start, outerPlace(virtual, from) ?? first.start),
        end: Math.max(last.outer, outerPlace(virtual, to) ?? 0),
        reason: 'the relation is put in when the program runs',
      })
    }
  }
  return [...found.values()]
}

interface Slot {
  /** In the virtual text. */
  readonly begin: number
  readonly end: number
  /** In the file. */
  readonly start: number
  readonly outer: number
}

function slotsOf({ elements, before }: Virtual): Slot[] {
  const slots: Slot[] = []
  let at = before
  for (const element of elements) {
    const length = element.kind === 'slot' ? element.mask.length : element.to - element.from
    if (element.kind === 'slot')
      slots.push({ begin: at, end: at + length, start: element.start, outer: element.end })
    at += length
  }
  return slots
}

/** Behind a dotted name of so many words. */
function endOfName(text: string, from: number, words: number): number {
  const names = lex(text.slice(from)).filter(isName)
  return from + (names[words - 1]?.end ?? 0)
}

/** Where a place of the text is written in the file; undefined within what is put in. */
export function outerPlace({ pieces }: Virtual, place: number): number | undefined {
  let at = 0
  for (const piece of pieces) {
    if (place < at + piece.text.length || piece === pieces.at(-1))
      return piece.outer(Math.min(place - at, piece.text.length))
    at += piece.text.length
  }
  return undefined
}
