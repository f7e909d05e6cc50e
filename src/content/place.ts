import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { ContentColumn } from './columns.ts'
import { digestOf, type Digest } from './measure.ts'
import {
  keyNames,
  keysCondition,
  keyText,
  rangeCondition,
  type KeyColumn,
  type KeyValue,
  type Range,
} from './key.ts'
import { rowHash } from './row-hash.ts'

/** One of two relations that are compared, and how to reach it. */
export interface Side {
  readonly session: Session
  readonly relation: QualifiedName
}

/** A side with what is known of its rows. */
export interface Place extends Side {
  readonly columns: readonly ContentColumn[]
  readonly encoding: string
}

/** The key with the types that its columns have on a side: a type of the user's may be in another schema there. */
export function keyIn({ columns }: Pick<Place, 'columns'>, key: readonly KeyColumn[]): KeyColumn[] {
  return key.map((each) => {
    const { type, isBuiltIn } = columns.find(({ name }) => name === each.name) ?? each
    return { name: each.name, type, isBuiltIn }
  })
}

/** A row as far as it is compared. */
export interface HashedRow {
  readonly key: KeyValue
  readonly hash: string
}

/** What both sides give to one question. */
export type Pair<T> = readonly [left: T, right: T]

/** Whether one statement can see both sides. */
export function isOneDatabase([left, right]: Pair<Side>): boolean {
  return left.session === right.session
}

/** A question to one side, its parameters numbered from `first` on. */
type Ask = (place: Place, first: number) => Question

interface Question {
  readonly text: string
  readonly values: readonly unknown[]
}

/**
 * Asks both sides the same. In one database that is one statement, so that both answers are of one moment; between two it
 * is one statement each, at the same time.
 */
async function askBoth<Row extends object>([left, right]: Pair<Place>, question: Ask): Promise<Pair<Row[]>> {
  const one = question(left, 1)
  if (!isOneDatabase([left, right])) {
    const other = question(right, 1)
    return Promise.all([
      left.session.query<Row>(one.text, one.values),
      right.session.query<Row>(other.text, other.values),
    ])
  }
  // The same values in types that may be others on each side.
  const other = question(right, one.values.length + 1)
  const rows = await left.session.query<{ side: number; row: Row }>(
    `select 0 as side, to_jsonb(q) as row from (${one.text}) q union all select 1, to_jsonb(q) from (${other.text}) q`,
    [...one.values, ...other.values],
  )
  return [0, 1].map((side) =>
    rows.filter((row) => row.side === side).map(({ row }) => row),
  ) as unknown as Pair<Row[]>
}

/** Rows and sums of a range. */
export async function digests(
  places: Pair<Place>,
  key: readonly KeyColumn[],
  range: Range,
): Promise<Pair<Digest>> {
  const [left, right] = await askBoth<Digest>(places, (place, first) => {
    const { condition, values } = rangeCondition(keyIn(place, key), range, first)
    const digest = digestOf(place.columns, place.encoding)
    return { text: `select ${digest} from ${qualified(place.relation)} as t where ${condition}`, values }
  })
  return [left[0]!, right[0]!]
}

/** The rows of a range, each with its hash. */
export function hashedRange(
  places: Pair<Place>,
  key: readonly KeyColumn[],
  range: Range,
): Promise<Pair<HashedRow[]>> {
  return askBoth(places, (place, first) => {
    const { condition, values } = rangeCondition(keyIn(place, key), range, first)
    return { text: hashed(place, keyIn(place, key), condition), values }
  })
}

/** The rows that have these keys, each with its hash. */
export function hashedKeys(
  places: Pair<Place>,
  key: readonly KeyColumn[],
  keys: readonly KeyValue[],
): Promise<Pair<HashedRow[]>> {
  return askBoth(places, (place, first) => {
    const { condition, values } = keysCondition(keyIn(place, key), keys, first)
    return { text: hashed(place, keyIn(place, key), condition), values }
  })
}

function hashed(
  { columns, encoding, relation }: Place,
  key: readonly KeyColumn[],
  condition: string,
): string {
  return `select ${keyText(key)} as key, ${rowHash(columns, encoding)}::text as hash from ${qualified(relation)} as t where ${condition}`
}

/** The key of the row that is `count` rows after another; undefined where there are not as many. */
export async function boundary(
  place: Place,
  key: readonly KeyColumn[],
  range: Range,
  count: number,
): Promise<KeyValue | undefined> {
  const { session, relation } = place
  const own = keyIn(place, key)
  const { condition, values } = rangeCondition(own, range, 1)
  const [row] = await session.query<{ key: KeyValue }>(
    `select ${keyText(own)} as key from ${qualified(relation)} as t where ${condition}
      order by ${keyNames(key)} offset ${count - 1} limit 1`,
    values,
  )
  return row?.key
}

/** A statement for each side, the answers of one moment where the sides are in one database. */
export function counted(
  places: Pair<Place>,
  text: (hash: string, from: string, first: number) => string,
  values: readonly unknown[] = [],
): Promise<Pair<{ hash: string; copies: number }[]>> {
  return askBoth(places, ({ columns, encoding, relation }, first) => ({
    text: text(rowHash(columns, encoding), `${qualified(relation)} as t`, first),
    values,
  }))
}
