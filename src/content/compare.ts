import { setTimeout as delay } from 'node:timers/promises'
import type { Difference } from './difference.ts'
import { commonKey, readKeys, type KeyColumn, type KeyValue } from './key.ts'
import { compareRange, confirm, type RangeResult } from './keyed.ts'
import { compareBags } from './keyless.ts'
import { checksumText } from './measure.ts'
import { boundary, digests, isOneDatabase, keyIn, type Pair, type Place, type Side } from './place.ts'
import { contentSettings } from './row-hash.ts'
import { isSortedAlike } from './collation.ts'
import { readPlaces, type ShapeDifferences } from './shape.ts'

export type { Difference } from './difference.ts'
export type { Side } from './place.ts'

export interface CompareOptions {
  /** How many rows are summed at a time. */
  readonly chunkRows?: number
  /** Rows a second at most, on average. */
  readonly maxRate?: number
  /** How long a difference may take to vanish, as the last changes do that a replica has not yet applied, ms. */
  readonly settleMs?: number
  /** The columns of the key where a side has none of its own, as a view has. */
  readonly key?: readonly string[]
  /** Only these columns. */
  readonly columns?: readonly string[]
  readonly signal?: AbortSignal
  /** Where an earlier comparison stopped; from the beginning without it. */
  readonly from?: ComparisonState
  /** Called after each chunk; what it is given is where a later comparison can go on. */
  readonly onChunk?: (state: ComparisonState) => void | Promise<void>
}

/** How far a comparison is; plain data. */
export interface ComparisonState {
  readonly after: KeyValue
  readonly rows: Pair<number>
  /** The sums so far, in decimal digits. */
  readonly sums: Pair<string>
  readonly differences: readonly Difference[]
}

export interface TableComparison {
  readonly isEqual: boolean
  /** The columns that rows are told apart by; undefined where none do. */
  readonly key: readonly KeyColumn[] | undefined
  /** In what the tables cannot be compared; then their rows were not read. */
  readonly shape: ShapeDifferences
  readonly rows: Pair<number>
  /** Equal to what `measureContent` gives for the same rows. */
  readonly checksums: Pair<string>
  readonly differences: readonly Difference[]
}

/**
 * Compares the rows of two tables, in one database or two, while both are written to: each chunk of keys is summed on both
 * sides, and where the sums differ it is narrowed down to the rows, which are looked at until both sides were at rest. A
 * table that has no key is compared as a bag of rows, in one piece.
 * @throws MigrateError `table-not-found`; the signal’s reason
 */
export async function compareTables(
  left: Side,
  right: Side,
  options: CompareOptions = {},
): Promise<TableComparison> {
  const { places, shape } = await readPlaces([left, right], options.columns)
  const key = await keyOf(places, options.key)
  if (shape.length > 0)
    return { isEqual: false, key, shape, rows: [0, 0], checksums: ['', ''], differences: [] }
  const putBack = await Promise.all([...new Set([left.session, right.session])].map(contentSettings))
  try {
    const found =
      key === undefined ? await compareBags(places, bagParts) : await compareKeyed(places, key, options)
    return {
      isEqual: found.differences.length === 0,
      key,
      shape,
      rows: found.rows,
      checksums: [checksumText(found.sums[0]), checksumText(found.sums[1])],
      differences: found.differences,
    }
  } finally {
    for (const put of putBack) await put().catch(() => undefined)
  }
}

/** What tells rows apart on both sides, if anything does that is compared. */
async function keyOf(
  places: Pair<Place>,
  given: readonly string[] | undefined,
): Promise<readonly KeyColumn[] | undefined> {
  const [left, right] = places
  const names =
    given ??
    commonKey(await readKeys(left.session, left.relation), await readKeys(right.session, right.relation))
  const isCompared = names?.every((name) =>
    places.every(({ columns }) => columns.some((column) => column.name === name)),
  )
  return isCompared === true
    ? keyIn(
        left,
        names!.map((name) => ({ name, type: 'text', isBuiltIn: true })),
      )
    : undefined
}

async function compareKeyed(
  places: Pair<Place>,
  key: readonly KeyColumn[],
  options: CompareOptions,
): Promise<RangeResult> {
  const { chunkRows = 50_000, maxRate, signal, from, onChunk } = options
  let total: RangeResult = {
    rows: from?.rows ?? [0, 0],
    sums: [BigInt(from?.sums[0] ?? 0), BigInt(from?.sums[1] ?? 0)],
    differences: from?.differences ?? [],
  }
  let after = from?.after
  const pace = new Pace(maxRate)
  for (;;) {
    signal?.throwIfAborted()
    const end = await boundary(places[0], key, { after, upTo: undefined }, chunkRows)
    const part = await compareRange(places, key, { after, upTo: end })
    total = together(total, part)
    if (end === undefined) break
    after = end
    await onChunk?.({ after, ...total, sums: [String(total.sums[0]), String(total.sums[1])] })
    await pace.after(Math.max(...part.rows), signal)
  }
  const differences = await settled(places, key, total.differences, options)
  if (await isSortedAlike(places, key)) return { ...total, differences }
  // Each side has cut the chunks in its own order, so that rows were counted twice or not at all.
  const [left, right] = await digests(places, key, { after: undefined, upTo: undefined })
  return {
    rows: [Number(left.rows), Number(right.rows)],
    sums: [BigInt(left.sum), BigInt(right.sum)],
    differences,
  }
}

function together(one: RangeResult, other: RangeResult): RangeResult {
  return {
    rows: [one.rows[0] + other.rows[0], one.rows[1] + other.rows[1]],
    sums: [one.sums[0] + other.sums[0], one.sums[1] + other.sums[1]],
    differences: other.differences.length === 0 ? one.differences : one.differences.concat(other.differences),
  }
}

/** Gives differences between two databases time to vanish; what was found long ago is looked at once more in any case. */
async function settled(
  places: Pair<Place>,
  key: readonly KeyColumn[],
  found: readonly Difference[],
  { settleMs = 0, signal }: CompareOptions,
): Promise<readonly Difference[]> {
  if (isOneDatabase(places)) return found
  const deadline = performance.now() + settleMs
  let open = found
  for (;;) {
    const still: Difference[][] = []
    for (let from = 0; from < open.length; from += lookedUp)
      still.push(await confirm(places, key, open.slice(from, from + lookedUp)))
    open = still.flat()
    if (open.length === 0 || performance.now() >= deadline) return open
    await wait(Math.min(settlePauseMs, deadline - performance.now()), signal)
  }
}

/** Keeps an average rate by waiting between chunks. */
class Pace {
  readonly #rate: number | undefined
  readonly #began = performance.now()
  #rows = 0

  constructor(rate: number | undefined) {
    this.#rate = rate
  }

  async after(rows: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#rate === undefined) return
    this.#rows += rows
    const due = this.#began + (this.#rows / this.#rate) * 1000
    if (due > performance.now()) await wait(due - performance.now(), signal)
  }
}

/** @throws the signal’s reason */
async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  signal?.throwIfAborted()
}

const bagParts = 1024
const lookedUp = 1000
const settlePauseMs = 200
