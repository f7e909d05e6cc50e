import { ident } from '../pg/identifier.ts'

/** What an expression gives while a function runs, as far as it can be told beforehand; undefined where it cannot. */
export type Value =
  /** A text, with {@link unknownPart} for what only running tells. */
  | { readonly is: 'text'; readonly text: string }
  /** The OID of the trigger’s table, or the same as a regclass. */
  | { readonly is: 'oid' }
  | { readonly is: 'regclass' }
  /** A regclass that is found by a text. */
  | { readonly is: 'found'; readonly text: string }
  | { readonly is: 'list'; readonly items: readonly string[] }
  | { readonly is: 'truth'; readonly truth: boolean }
  | undefined

/** What a trigger function is told of its table and its trigger at one time of a move. */
export interface Standing {
  readonly schema: string
  readonly name: string
  /** The table as regclass prints it. */
  readonly printed: string
  readonly arguments: readonly string[]
}

/** A character of the private use area, which no name has. */
export const unknownPart = '\uE000'

export function isWhole(value: Value): boolean {
  return value !== undefined && !(value.is === 'text' && value.text.includes(unknownPart))
}

/** The text that a value becomes, as `||`, `%s` and a cast to text make it. */
export function textOf(value: Value, { printed }: Standing): string {
  switch (value?.is) {
    case 'text':
    case 'found':
      return value.text
    case 'regclass':
      return printed
    default:
      return unknownPart
  }
}

/** As quote_ident() does; what is not known is taken for a name that needs no quotes. */
export function quoteIdent(text: string): string {
  return text.includes(unknownPart) && /^[\w\uE000]+$/.test(text) ? text : ident(text)
}

export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** As format() does, without widths; undefined where an argument is missing. */
export function formatted(template: string, values: readonly string[]): string | undefined {
  let next = 0
  const missing: string[] = []
  const result = template.replaceAll(
    /%(?:(\d+)\$)?-?\d*([ILs%])/g,
    (_all: string, position: string | undefined, kind: string): string => {
      if (kind === '%') return '%'
      const at = position === undefined ? next : Number(position) - 1
      next = at + 1
      const value = values[at]
      if (value === undefined) missing.push(kind)
      if (kind === 'I') return quoteIdent(value ?? '')
      return kind === 'L' ? quoteLiteral(value ?? '') : (value ?? '')
    },
  )
  return missing.length === 0 ? result : undefined
}
