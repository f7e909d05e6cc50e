import { ident, literal, qualified } from '../pg/quoting.ts'
import type { ContentColumn } from './columns.ts'
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
  return `array[${columns.map(textOf).join(', ')}]::text[]`
}

/** A cast from char(n) to text takes blanks away that belong to the value. */
function textOf({ name, type }: ContentColumn): string {
  return type === 'bpchar' ? `concat(t.${ident(name)})` : `t.${ident(name)}::text`
}

export function insertion(
  { relation }: Place,
  columns: readonly ContentColumn[],
  rows: readonly TextRow[],
): string {
  const names = columns.map(({ name }) => ident(name)).join(', ')
  return `insert into ${qualified(relation)} (${names}) overriding system value values\n  ${tuples(rows)}`
}

export function tuples(rows: readonly TextRow[]): string {
  // Typed as text even where every value is null, so that a cast can follow; an INSERT takes unknown literals as they are.
  return rows
    .map((row) => `(${row.map((value) => (value === null ? 'null' : literal(value))).join(', ')})`)
    .join(',\n  ')
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
