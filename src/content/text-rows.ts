import { ident, literal, qualified } from '../pg/quoting.ts'
import { asText, type ContentColumn } from './columns.ts'
import type { Place } from './place.ts'

/** How many rows one statement puts right. */
const together = 200
/** How large a statement becomes, roughly; one row may be larger. */
const largestBytes = 4 * 2 ** 20

/** The values of a row as text. */
export type TextRow = readonly (string | null)[]

/** The columns that can be written: a generated one follows from the others. */
export function written([left, right]: readonly [Place, Place]): ContentColumn[] {
  return right.columns.filter(
    ({ name, isGenerated }) => !isGenerated && left.columns.some((column) => column.name === name),
  )
}

/** A row of `t` as an array of texts. */
export function textRow(columns: readonly ContentColumn[]): string {
  return `array[${columns.map(asText).join(', ')}]::text[]`
}

export function insertion(
  { relation }: Place,
  columns: readonly ContentColumn[],
  rows: readonly TextRow[],
): string {
  const names = columns.map(({ name }) => ident(name)).join(', ')
  return `insert into ${qualified(relation)} (${names}) overriding system value values\n  ${tuples(rows)}`
}

/**
 * Values as literals, in rows. The types, where they are given, stand in the first row and are those of all: a literal is
 * read by its type, and no cast is asked for that somebody may have made.
 */
export function tuples(rows: readonly TextRow[], types?: readonly string[]): string {
  return rows
    .map(
      (row, at) =>
        `(${row.map((value, n) => literalOf(value) + (at === 0 && types ? `::${types[n]!}` : '')).join(', ')})`,
    )
    .join(',\n  ')
}

function literalOf(value: string | null): string {
  return value === null ? 'null' : literal(value)
}

/** Consecutive items that together are no larger than a statement may be, or one by itself. */
export function bySize<T>(items: readonly T[], bytesOf: (item: T) => number): T[][] {
  const batches: T[][] = []
  let size = Infinity
  for (const item of items) {
    size += bytesOf(item)
    if (size <= largestBytes) batches.at(-1)!.push(item)
    else {
      batches.push([item])
      size = bytesOf(item)
    }
  }
  return batches
}

/** Items as many at a time as one statement puts right. */
export function parts<T>(all: readonly T[]): T[][] {
  const result: T[][] = []
  for (let from = 0; from < all.length; from += together) result.push(all.slice(from, from + together))
  return result
}
