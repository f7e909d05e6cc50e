import { isMark, isName, lex, type Token } from '../sql/lexer.ts'
import type { NameClass } from './moves.ts'

/** A string in a text: what it holds, and where each unit of that is written. */
export interface Literal {
  readonly inner: string
  /** Where the unit at an index of `inner` begins in the text around it. */
  outer(index: number): number
  /** How text is written in such a string. */
  encode(text: string): string
}

/** Reads a string token; undefined for forms that nothing is put into: `U&'…'`, `B'…'`, `X'…'`. */
export function readLiteral(text: string, { start, end, value }: Token): Literal | undefined {
  const written = text.slice(start, end)
  if (value === '$') {
    const quote = written.indexOf('$', 1) + 1
    const inner = written.slice(quote, -quote)
    return { inner, outer: (index) => start + quote + index, encode: (it) => it }
  }
  if (value === 'e') return decode(written, start, 2, escapes)
  if (value === "'" || value === 'n') return decode(written, start, value === 'n' ? 2 : 1, doubled)
  return undefined
}

const doubled = /''|[^]/y
const escapes = /''|\\(?:[0-7]{1,3}|x[\dA-Fa-f]{1,2}|u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8}|[^])|[^]/y

function decode(written: string, start: number, from: number, pieces: RegExp): Literal {
  let inner = ''
  const places: number[] = []
  pieces.lastIndex = from
  while (pieces.lastIndex < written.length - 1) {
    const at = pieces.lastIndex
    const [piece] = pieces.exec(written)!
    const plain = plainOf(piece)
    for (let unit = 0; unit < plain.length; unit++) places.push(start + at)
    inner += plain
  }
  const isEscaping = pieces === escapes
  return {
    inner,
    outer: (index) => places[index] ?? start + written.length - 1,
    encode: (it) => it.replaceAll("'", "''").replaceAll('\\', isEscaping ? '\\\\' : '\\'),
  }
}

const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** The character of an escape (manual, chapter 4.1.2.2). */
function plainOf(piece: string): string {
  if (piece === "''") return "'"
  if (!piece.startsWith('\\') || piece.length === 1) return piece
  const rest = piece.slice(1)
  if (/^[0-7]/.test(rest)) return String.fromCodePoint(Number.parseInt(rest, 8))
  if (/^[xuU]./.test(rest)) return String.fromCodePoint(Number.parseInt(rest.slice(1), 16))
  return controls[rest] ?? rest
}

/** The tokens of a name in a text, a type without its brackets; none where the text is no name. */
export function dottedName(text: string, meaning: NameClass): Token[] {
  const all = lex(text)
  const bracket = meaning === 'type' ? all.findIndex((token) => isMark(token, '[') || isMark(token, '(')) : -1
  const tokens = bracket < 0 ? all : all.slice(0, bracket)
  const isDotted = tokens.every((token, index) => (index % 2 === 0 ? isName(token) : isMark(token, '.')))
  return isDotted && tokens.length % 2 === 1 ? tokens : []
}
