import { hole, type Piece } from '../rewrite/pieces.ts'
import { pieceAt } from '../sql/lexer.ts'
import type { Part, TextPart } from './strings.ts'

/** The SQL that a string of a program is, as far as it is known before it runs. */
export interface Virtual {
  readonly elements: readonly Element[]
  readonly text: string
  readonly pieces: readonly Piece[]
  /** How much of the text stands before its first element. */
  readonly before: number
}

/** A stretch of text, or something put in, with what stands for it. */
export type Element =
  | { readonly kind: 'text'; readonly part: TextPart; readonly from: number; readonly to: number }
  | {
      readonly kind: 'slot'
      /** Where it is written. */
      readonly start: number
      readonly end: number
      readonly isPlaceholder: boolean
      readonly mask: string
      /** Other things that can stand for it, where more is known of it. */
      readonly masks?: readonly string[]
    }

/** A name that no table has. */
export const holeName = 'migrate_hole'

export function virtualOf(parts: readonly Part[]): Virtual {
  return built(
    parts.map((part): Element =>
      part.kind === 'text'
        ? { kind: 'text', part, from: 0, to: part.text.length }
        : {
            kind: 'slot',
            start: part.start,
            end: part.end,
            isPlaceholder: false,
            mask: part.masks?.[0] ?? holeName,
            ...(part.masks === undefined ? {} : { masks: part.masks }),
          },
    ),
  )
}

/** The same with something before and after it that is not written anywhere. */
export function wrapped(virtual: Virtual, before: string, after: string): Virtual {
  return {
    elements: virtual.elements,
    text: before + virtual.text + after,
    before: virtual.before + before.length,
    pieces: [hole(before), ...virtual.pieces, hole(after)].filter(({ text }) => text !== ''),
  }
}

/** The same with other masks for its slots, by their number. */
export function withMask(virtual: Virtual, slot: number, mask: string): Virtual {
  return built(
    virtual.elements.map((element, index) =>
      index === slot && element.kind === 'slot' ? { ...element, mask } : element,
    ),
  )
}

/**
 * Placeholders of drivers and formatters: `%s`, `%(n)s`, `%%`, `:n`, `?`, `@n`, `#{x}`, `${x}`, `$/x/` and its
 * kin, `{{x::type}}`, `{x}`. Only where they are no
 * part of a name or string in quotes.
 */
const placeholder =
  /%\(\w+\)[a-z]|%(?:\d+\$|\[\d+\])?[sdvqfixTt](?!\w)|%%|\$(?:\{[^{}]*\}|\/\w+\/|\(\w+\)|<\w+>|\[\w+\])|#\{[^{}]*\}|\{\{[^{}]*\}\}|\{[\w.!:[\]]*\}|:[A-Za-z_]\w*|@[A-Za-z_]\w*|\\\?|\?\?|\?(?![|&?])/y

/** What drivers have for characters that would be placeholders. */
const escaped: Readonly<Partial<Record<string, string>>> = { '%%': '%', '\\?': '?', '??': '?' }

/** The same with placeholders as slots. */
export function withPlaceholders(virtual: Virtual): Virtual {
  const found = placeholdersIn(virtual.text)
  if (found.length === 0) return virtual
  let at = 0
  let count = 0
  const elements: Element[] = []
  for (const element of virtual.elements) {
    if (element.kind === 'slot') {
      elements.push(element)
      at += element.mask.length
      continue
    }
    const { part } = element
    let from = element.from
    for (const [start, end] of found) {
      const begin = element.from + start - at
      const stop = element.from + end - at
      if (begin < from || stop > element.to) continue
      if (begin > from) elements.push({ kind: 'text', part, from, to: begin })
      elements.push({
        kind: 'slot',
        start: part.places[begin]!,
        end: part.places[stop] ?? part.end,
        isPlaceholder: true,
        mask: escaped[part.text.slice(begin, stop)] ?? `$${++count}`,
      })
      from = stop
    }
    if (from < element.to) elements.push({ kind: 'text', part, from, to: element.to })
    at += element.to - element.from
  }
  return built(elements)
}

function placeholdersIn(text: string): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = []
  for (let at = 0; at < text.length;) {
    placeholder.lastIndex = at
    const isCast = text[at] === ':' && text[at - 1] === ':'
    if (!isCast && placeholder.test(text)) {
      found.push([at, placeholder.lastIndex])
      at = placeholder.lastIndex
      continue
    }
    const piece = pieceAt(text, at)
    // Of an operator only its first character: `=%s` is one to the lexer.
    at = piece.kind === 'operator' ? at + 1 : piece.end
  }
  return found
}

function built(elements: readonly Element[]): Virtual {
  const pieces = elements.map((element): Piece => {
    if (element.kind === 'slot') return hole(element.mask)
    const { part, from, to } = element
    return {
      text: part.text.slice(from, to),
      outer: (index) => part.places[from + index] ?? part.end,
      encode: (it) => part.encode(it) ?? it,
    }
  })
  return { elements, pieces, before: 0, text: pieces.map(({ text }) => text).join('') }
}
