import type { Difference } from './difference.ts'
import type { RangeResult } from './keyed.ts'
import { counted, isOneDatabase, type Pair, type Place } from './place.ts'

/**
 * Compares tables whose rows nothing tells apart, as bags of rows: first in parts by the hash of the row, then the hashes of
 * the parts that differ, and how often each occurs.
 */
export async function compareBags(places: Pair<Place>, parts: number): Promise<RangeResult> {
  const [left, right] = await counted(
    places,
    (hash, from) =>
      `select (h & ${parts - 1})::text as hash, count(*)::int as copies, sum(h)::text as sum
         from (select ${hash} as h from ${from}) q group by 1`,
  )
  const [ours, theirs] = [left, right].map(totals) as [Totals, Totals]
  const suspect = [...new Set([...ours.parts.keys(), ...theirs.parts.keys()])].filter(
    (part) => ours.parts.get(part) !== theirs.parts.get(part),
  )
  const differences = suspect.length === 0 ? [] : await confirmBags(places, parts, suspect)
  return { rows: [ours.rows, theirs.rows], sums: [ours.sum, theirs.sum], differences }
}

interface Totals {
  readonly rows: number
  readonly sum: bigint
  readonly parts: Map<string, string>
}

function totals(rows: readonly object[]): Totals {
  const all = rows as readonly { hash: string; copies: number; sum: string }[]
  return {
    rows: all.reduce((sum, { copies }) => sum + copies, 0),
    sum: all.reduce((total, { sum }) => total + BigInt(sum), 0n),
    parts: new Map(all.map(({ hash, copies, sum }) => [hash, `${copies} ${sum}`])),
  }
}

/** Between two databases the one is read before the other: only what is the same twice stands. */
async function confirmBags(
  places: Pair<Place>,
  parts: number,
  suspect: readonly string[],
): Promise<Difference[]> {
  let found = await bagDifferences(places, parts, suspect)
  if (isOneDatabase(places)) return found
  for (let attempt = 1; attempt < attempts && found.length > 0; attempt++) {
    const again = await bagDifferences(places, parts, suspect)
    const before = new Set(found.map((each) => JSON.stringify(each)))
    if (again.every((each) => before.has(JSON.stringify(each)))) return again
    found = again
  }
  return found.map((each) => ({ ...each, isUnsettled: true }))
}

const attempts = 5

async function bagDifferences(
  places: Pair<Place>,
  parts: number,
  suspect: readonly string[],
): Promise<Difference[]> {
  const [left, right] = await counted(
    places,
    (hash, from, first) =>
      `select h::text as hash, count(*)::int as copies from (select ${hash} as h from ${from}) q
        where (h & ${parts - 1}) = any ($${first}::text[]::bigint[]) group by 1`,
    [suspect],
  )
  const theirs = new Map(right.map(({ hash, copies }) => [hash, copies]))
  const ours = new Map(left.map(({ hash, copies }) => [hash, copies]))
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((hash): Difference[] => {
    const more = (ours.get(hash) ?? 0) - (theirs.get(hash) ?? 0)
    if (more === 0) return []
    return more > 0
      ? [{ kind: 'missing', key: [hash], left: hash, copies: more }]
      : [{ kind: 'extra', key: [hash], right: hash, copies: -more }]
  })
}
