import type { Node } from 'web-tree-sitter'
import { decodeEscape } from './escapes.ts'
import type { Content, Language } from './language.ts'

/** Text of a string in a source file, as the program sees it. */
export interface TextPart {
  readonly kind: 'text'
  readonly text: string
  /** Where each of its units is written in the file; as long as `text`. */
  readonly places: readonly number[]
  /** Where it ends in the file. */
  readonly end: number
  /** How text is written there; undefined for what cannot be. */
  encode(text: string): string | undefined
}

/** What is put in when the program runs. */
export interface HolePart {
  readonly kind: 'hole'
  readonly start: number
  readonly end: number
  /** What can stand for it, the likeliest first, where more is known than that something is put in. */
  readonly masks?: readonly string[]
}

export type Part = TextPart | HolePart

/** The parts of a string, or of strings that are joined. */
export function partsOf(root: Node, source: string, language: Language): Part[] {
  const parts: Part[] = []
  const visit = (node: Node): void => {
    if (language.strings.has(node.type)) parts.push(...partsOfString(node, source, language))
    else if (language.adjacent.has(node.type)) node.namedChildren.forEach((child) => visit(child))
    else if (isParenthesised(node)) visit(node.namedChild(0)!)
    else if (isJoin(node, language)) {
      for (const operand of operands(node, language)) visit(operand)
    } else if (!node.type.includes('comment')) {
      parts.push({ kind: 'hole', start: node.startIndex, end: node.endIndex })
    }
  }
  visit(root)
  return parts
}

/** The parts of a text in which it is known where something is put in. */
export function partsAround(
  source: string,
  content: Content,
  holes: readonly Omit<HolePart, 'kind'>[],
): Part[] {
  const parts: Part[] = []
  const plain = (start: number, end: number): void => {
    const text = new TextBuilder(content)
    text.plain(source, start, end, content.untold)
    if (text.length > 0) parts.push(text.part(end))
  }
  let at = content.start
  for (const hole of holes) {
    if (hole.start < at || hole.end > content.end) continue
    plain(at, hole.start)
    parts.push({ kind: 'hole', ...hole })
    at = hole.end
  }
  plain(at, content.end)
  return parts
}

/** The outermost of the strings that this one is joined with; `known` keeps what was found for the nodes between. */
export function joinedRoot(node: Node, language: Language, known: Map<number, Node>): Node {
  let root = node
  const passed: number[] = []
  for (let parent = node.parent; parent !== null; parent = parent.parent) {
    const before = known.get(parent.id)
    if (before !== undefined) {
      root = before
      break
    }
    const isPart = language.adjacent.has(parent.type) || isJoin(parent, language)
    if (isPart) root = parent
    else if (!isParenthesised(parent)) break
    if (isPart) passed.push(parent.id)
  }
  for (const id of passed) known.set(id, root)
  return root
}

function isJoin(node: Node, { joins }: Language): boolean {
  return joins.nodes.has(node.type) && node.children.some(({ type }) => type === joins.operator)
}

/** From left to right, without a call for each: chains of joins are long in generated code. */
function operands(node: Node, language: Language): Node[] {
  const right: Node[] = []
  let left = node
  while (isJoin(left, language)) {
    const named = left.namedChildren.filter((child) => !child.type.includes('comment'))
    right.push(...named.slice(1).reverse())
    left = named[0]!
  }
  return [left, ...right.reverse()]
}

function isParenthesised(node: Node): boolean {
  return (
    (node.type === 'parenthesized_expression' || node.type === 'parenthesized_statements') &&
    node.namedChildCount === 1
  )
}

function partsOfString(node: Node, source: string, language: Language): Part[] {
  const content = language.content(node)
  const parts: Part[] = []
  let text = new TextBuilder(content)
  let at = content.start
  const flush = (): void => {
    if (text.length > 0) parts.push(text.part(at))
    text = new TextBuilder(content)
  }
  const plain = (end: number): void => {
    for (const [start, stop, isHole] of plainRanges(source, at, end, language)) {
      if (isHole) {
        at = start
        flush()
        parts.push({ kind: 'hole', start, end: stop })
      } else text.plain(source, start, stop, content.untold)
      at = stop
    }
  }
  for (const special of specials(node, content)) {
    plain(special.start)
    if (special.isHole) {
      flush()
      parts.push({ kind: 'hole', start: special.start, end: special.end })
    } else if (content.isRaw) text.plain(source, special.start, special.end)
    else text.escape(decodeEscape(source.slice(special.start, special.end)), special.start)
    at = special.end
  }
  plain(content.end)
  flush()
  return parts
}

interface Special {
  readonly start: number
  readonly end: number
  readonly isHole: boolean
}

/** Escape sequences and holes of a string, in order. */
function specials(node: Node, { start, end }: Content): Special[] {
  const found: Special[] = []
  let brace: number | undefined
  for (const child of node.children) {
    if (child.startIndex < start || child.endIndex > end) {
      // The quotes; the content of a here-document is a node of its own.
      if (isBody(child)) found.push(...specials(child, { start, end } as Content))
      continue
    }
    if (child.type.startsWith('escape_')) {
      found.push({ start: child.startIndex, end: child.endIndex, isHole: false })
    } else if (isBody(child)) {
      found.push(...specials(child, { start, end } as Content))
    } else if (child.type === '{' && !child.isNamed) {
      brace = child.startIndex
    } else if (child.isNamed && brace === undefined) {
      found.push({ start: child.startIndex, end: child.endIndex, isHole: true })
    } else if (child.type === '}' && brace !== undefined) {
      found.push({ start: brace, end: child.endIndex, isHole: true })
      brace = undefined
    }
  }
  return found
}

function isBody({ type }: Node): boolean {
  return /(?:content|fragment|_body|nowdoc_string)$/.test(type)
}

/** Parts of plain text, and Kotlin’s `$name`. */
function plainRanges(
  source: string,
  start: number,
  end: number,
  { dollars }: Language,
): (readonly [number, number, boolean])[] {
  if (start >= end) return []
  if (dollars === undefined) return [[start, end, false]]
  const ranges: (readonly [number, number, boolean])[] = []
  let at = start
  for (const match of source.slice(start, end).matchAll(/\$[\p{L}_][\p{L}\d_]*/gu)) {
    const begin = start + match.index
    if (begin > at) ranges.push([at, begin, false])
    at = begin + match[0].length
    ranges.push([begin, at, true])
  }
  if (at < end) ranges.push([at, end, false])
  return ranges
}

class TextBuilder {
  readonly #content: Content
  readonly #places: number[] = []
  #text = ''

  constructor(content: Content) {
    this.#content = content
  }

  get length(): number {
    return this.#text.length
  }

  plain(source: string, start: number, end: number, escapes?: RegExp): void {
    let at = start
    const upTo = (stop: number): void => {
      this.#text += source.slice(at, stop)
      for (; at < stop; at++) this.#places.push(at)
    }
    for (const { 0: written, index } of escapes === undefined
      ? []
      : source.slice(start, end).matchAll(escapes)) {
      upTo(start + index)
      this.escape(decodeEscape(written), at)
      at += written.length
    }
    upTo(end)
  }

  escape(text: string, start: number): void {
    for (let unit = 0; unit < text.length; unit++) this.#places.push(start)
    this.#text += text
  }

  part(end: number): TextPart {
    const content = this.#content
    return { kind: 'text', text: this.#text, places: this.#places, end, encode: (it) => encode(it, content) }
  }
}

/** Schema names hardly ever need it: only a name in quotes has anything to escape. */
function encode(text: string, { quote, isRaw, isFixed }: Content): string | undefined {
  if (isFixed === true) return undefined
  // A name with these would be read as an escape, a placeholder or a hole by one language or driver or another.
  if (/[\\{}$%#:?\n]/.test(text)) return undefined
  const ends = quote[0] ?? ''
  if (ends === '' || !text.includes(ends)) return text
  return isRaw ? undefined : text.replaceAll(ends, `\\${ends}`)
}
