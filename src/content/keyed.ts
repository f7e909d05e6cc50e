import type { Difference } from './difference.ts'
import type { KeyColumn, Range } from './key.ts'
import {
  boundary,
  digests,
  hashedKeys,
  hashedRange,
  isOneDatabase,
  type HashedRow,
  type Pair,
  type Place,
} from './place.ts'

/** Ranges of up to this many rows are listed and not halved any more. */
const listed = 500
/** Into how many parts a range with differences is cut. */
const fanOut = 16

/** What was found in a range: the sums of both sides, and the rows that differ. */
export interface RangeResult {
  readonly rows: Pair<number>
  readonly sums: Pair<bigint>
  readonly differences: readonly Difference[]
}

/** Compares the rows of a range, narrowing what differs down to its keys. */
export async function compareRange(
  places: Pair<Place>,
  key: readonly KeyColumn[],
  range: Range,
): Promise<RangeResult> {
  const [left, right] = await digests(places, key, range)
  const rows = [Number(left.rows), Number(right.rows)] as const
  const sums = [BigInt(left.sum), BigInt(right.sum)] as const
  const same = left.rows === right.rows && left.sum === right.sum
  return { rows, sums, differences: same ? [] : await narrow(places, key, range, rows) }
}

async function narrow(
  places: Pair<Place>,
  key: readonly KeyColumn[],
  range: Range,
  rows: Pair<number>,
): Promise<Difference[]> {
  const most = Math.max(...rows)
  if (most <= listed) return confirm(places, key, difference(await hashedRange(places, key, range)))
  const fuller = rows[0] >= rows[1] ? places[0] : places[1]
  const found: (readonly Difference[])[] = []
  let after = range.after
  for (;;) {
    const end = await boundary(fuller, key, { after, upTo: range.upTo }, Math.ceil(most / fanOut))
    const part = await compareRange(places, key, { after, upTo: end ?? range.upTo })
    found.push(part.differences)
    if (end === undefined) return found.flat()
    after = end
  }
}

/**
 * Looks at single rows again, by their keys. Where the sides are in two databases, the one was read before the other: a
 * difference stands when both were the same before and after. It also takes away what two collations have put into
 * different ranges.
 */
export async function confirm(
  places: Pair<Place>,
  key: readonly KeyColumn[],
  found: readonly Difference[],
): Promise<Difference[]> {
  if (found.length === 0) return []
  if (isOneDatabase(places)) return [...found]
  let open = new Map(found.map((difference) => [JSON.stringify(difference.key), difference]))
  const confirmed: Difference[] = []
  for (let attempt = 1; open.size > 0; attempt++) {
    const keys = [...open.values()].map((each) => each.key)
    const still = difference(await hashedKeys(places, key, keys))
    const next = new Map<string, Difference>()
    for (const each of still) {
      const before = open.get(JSON.stringify(each.key))
      const isStable = before?.left === each.left && before?.right === each.right
      if (isStable || attempt >= attempts) confirmed.push(isStable ? each : { ...each, isUnsettled: true })
      else next.set(JSON.stringify(each.key), each)
    }
    open = next
  }
  return confirmed
}

/** A row that somebody changes all the time is told as such after this many looks. */
const attempts = 5

function byKey(rows: readonly HashedRow[]): Map<string, HashedRow> {
  return new Map(rows.map((row) => [JSON.stringify(row.key), row]))
}

function doubles(rows: readonly HashedRow[], unique: ReadonlyMap<string, HashedRow>): HashedRow[] {
  return rows.length === unique.size ? [] : rows.filter((row) => unique.get(JSON.stringify(row.key)) !== row)
}

function difference([left, right]: Pair<HashedRow[]>): Difference[] {
  const [ours, theirs] = [byKey(left), byKey(right)]
  // Through a view a key may turn out to be none: what it has twice is too much.
  const found: Difference[] = [
    ...doubles(left, ours).map(({ key, hash }): Difference => ({ kind: 'missing', key, left: hash })),
    ...doubles(right, theirs).map(({ key, hash }): Difference => ({ kind: 'extra', key, right: hash })),
  ]
  for (const [id, { key, hash }] of ours) {
    const other = theirs.get(id)
    if (other === undefined) found.push({ kind: 'missing', key, left: hash })
    else if (other.hash !== hash) found.push({ kind: 'changed', key, left: hash, right: other.hash })
  }
  for (const [id, { key, hash }] of theirs) {
    if (!ours.has(id)) found.push({ kind: 'extra', key, right: hash })
  }
  return found
}
