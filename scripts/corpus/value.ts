import { isDeepStrictEqual } from 'node:util'

/** A cell as the server prints it, with the type it said it was. */
export interface Cell {
  readonly text: string | null
  readonly type: number
}

/**
 * Tells whether a result is the value that was recorded. JSON knows fewer types than PostgreSQL, and the file does not
 * say which cells it means, so the recorded value decides how to read the result: one cell, a row, a column, or rows.
 */
export function isValue(expected: unknown, rows: readonly (readonly Cell[])[]): boolean {
  const [first] = rows
  if (first === undefined || first.length === 0) return expected === null || isEmpty(expected)
  if (isCell(expected, first[0]!)) return true
  if (!Array.isArray(expected)) return false
  const column = rows.flatMap((row) => (row.length === 1 ? [row[0]!] : []))
  return (
    isList(expected, first) ||
    (column.length === rows.length && isList(expected, column)) ||
    (expected.length === rows.length &&
      rows.every((row, index) => Array.isArray(expected[index]) && isList(expected[index], row)))
  )
}

function isCell(expected: unknown, { text, type }: Cell): boolean {
  if (text === null || expected === null) return text === expected
  if (type === JSON_TYPE || type === JSONB_TYPE) {
    if (expected === text || isDeepStrictEqual(JSON.parse(text), expected)) return true
  }
  switch (typeof expected) {
    case 'string':
      return text === expected
    case 'boolean':
      return text === (expected ? 't' : 'f')
    case 'number':
      return text === String(expected) || (text.trim() !== '' && Number(text) === expected)
    default:
      return Array.isArray(expected) && isArray(expected, text)
  }
}

function isList(expected: readonly unknown[], cells: readonly Cell[]): boolean {
  return expected.length === cells.length && cells.every((cell, index) => isCell(expected[index], cell))
}

/** Compares with the text of an array, of any number of dimensions. */
function isArray(expected: readonly unknown[], text: string): boolean {
  if (!/^(\[[-\d:\][]+\]=)?\{/.test(text)) return false
  const { elements } = parseArray(text, text.indexOf('{'))
  const matches = (wanted: readonly unknown[], found: readonly Element[]): boolean =>
    wanted.length === found.length &&
    found.every((element, index) => {
      const each = wanted[index]
      if (!Array.isArray(element)) return isCell(each, { text: element, type: 0 })
      return Array.isArray(each) && matches(each, element)
    })
  return matches(expected, elements)
}

type Element = string | null | Element[]

/** The array that begins at `start`, where there is a brace, and the position behind it. */
function parseArray(text: string, start: number): { elements: Element[]; end: number } {
  const elements: Element[] = []
  let at = start + 1
  while (at < text.length && text[at] !== '}') {
    if (text[at] === '{') {
      const inner = parseArray(text, at)
      elements.push(inner.elements)
      at = inner.end
    } else if (text[at] === ',') at += 1
    else {
      const [word] = /^(?:"(?:[^"\\]|\\[^])*"|(?:[^,}\\]|\\[^])*)/.exec(text.slice(at))!
      elements.push(word === 'NULL' ? null : unescape(word))
      at += word.length
    }
  }
  return { elements, end: at + 1 }
}

function unescape(word: string): string {
  return (word.startsWith('"') ? word.slice(1, -1) : word).replaceAll(/\\([^])/g, '$1')
}

function isEmpty(expected: unknown): boolean {
  return Array.isArray(expected) && expected.length === 0
}

const JSON_TYPE = 114
const JSONB_TYPE = 3802
