import { escapeIdentifier, type Client } from 'pg'
import { type Additions, type Ledger, placeKey, type TokenState } from './ledger.ts'
import type { CounterPlace, TokenPlace } from './workload.ts'

/** The counters' values before the load began: for each place, key → value. */
export type CounterBase = ReadonlyMap<string, ReadonlyMap<string, number>>

/** What the database says about the ledger. */
export interface LedgerCheck {
  isComplete: boolean
  /** Acknowledged rows looked for, deleted rows looked for, counters compared. */
  present: number
  gone: number
  counters: number
  /** Writes whose outcome the client never learned: either is right. */
  unknown: number
  /** One sentence for each broken promise, at most a hundred; `broken` counts them all. */
  broken: number
  complaints: string[]
}

const CHUNK = 5_000
const COMPLAINTS = 100

/** Reads the counters of a table, to be compared later. */
export async function counterBase(
  client: Client,
  places: readonly CounterPlace[],
  locate: (table: string) => string,
): Promise<CounterBase> {
  const base = new Map<string, ReadonlyMap<string, number>>()
  for (const place of places) base.set(counterKey(place), await readCounters(client, place, locate))
  return base
}

/** Proves that every acknowledged write is in the database, that nothing deleted came back, and that counters add up. */
export async function checkLedger(
  client: Client,
  ledger: Ledger,
  locate: (table: string) => string,
  base: CounterBase,
): Promise<LedgerCheck> {
  const check: LedgerCheck = {
    isComplete: false,
    present: 0,
    gone: 0,
    counters: 0,
    unknown: 0,
    broken: 0,
    complaints: [],
  }
  const complain = (text: string): void => {
    check.broken += 1
    if (check.complaints.length < COMPLAINTS) check.complaints.push(text)
  }
  for (const { place, states } of ledger.tokens.values()) {
    await checkTokens(client, place, states, locate(place.table), check, complain)
  }
  for (const { place, additions } of ledger.counters.values()) {
    const before = base.get(counterKey(place)) ?? new Map<string, number>()
    const after = await readCounters(client, place, locate)
    checkCounters(place, additions, before, after, check, complain)
  }
  check.isComplete = check.broken === 0
  return check
}

async function checkTokens(
  client: Client,
  place: TokenPlace,
  states: ReadonlyMap<string, TokenState>,
  table: string,
  check: LedgerCheck,
  complain: (text: string) => void,
): Promise<void> {
  const column = escapeIdentifier(place.column)
  const tokens = [...states.keys()]
  for (let start = 0; start < tokens.length; start += CHUNK) {
    const chunk = tokens.slice(start, start + CHUNK)
    const found = await client.query<{ token: string; times: number }>(
      `select ${column}::text as token, count(*)::int as times from ${table} where ${column} = any($1) group by 1`,
      [chunk],
    )
    const times = new Map(found.rows.map((row) => [row.token, row.times]))
    for (const token of chunk) {
      const state = states.get(token) ?? 'unknown'
      const seen = times.get(token) ?? 0
      if (state === 'unknown') check.unknown += 1
      else if (state === 'present') check.present += 1
      else check.gone += 1
      if (state === 'present' && seen !== 1)
        complain(`${placeKey(place)} ${token}: acknowledged, found ${seen}×`)
      if (state === 'gone' && seen !== 0) complain(`${placeKey(place)} ${token}: deleted, found again`)
      if (state === 'aborted' && seen !== 0) complain(`${placeKey(place)} ${token}: refused, yet found`)
      if (state === 'unknown' && seen > 1) complain(`${placeKey(place)} ${token}: found ${seen}×`)
    }
  }
}

/** Compares every row of the table, so that an addition no one made is seen as well. */
function checkCounters(
  place: CounterPlace,
  additions: ReadonlyMap<string, Additions>,
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  check: LedgerCheck,
  complain: (text: string) => void,
): void {
  const name = `${placeKey(place)} where ${place.key} =`
  for (const [key, sum] of additions) {
    if (sum.unknown > 0) check.unknown += 1
    if (!after.has(key) && sum.acknowledged > 0) complain(`${name} ${key}: row is gone`)
  }
  for (const [key, value] of after) {
    const { acknowledged, unknown } = additions.get(key) ?? { acknowledged: 0, unknown: 0 }
    const least = (before.get(key) ?? 0) + acknowledged
    check.counters += 1
    if (value < least || value > least + unknown) complain(`${name} ${key}: ${value}, expected ${least}`)
  }
}

async function readCounters(
  client: Client,
  place: CounterPlace,
  locate: (table: string) => string,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ key: string; value: string }>(
    `select ${escapeIdentifier(place.key)}::text as key, ${escapeIdentifier(place.column)}::text as value
       from ${locate(place.table)}`,
  )
  return new Map(rows.map((row) => [row.key, Number(row.value)]))
}

const counterKey = (place: CounterPlace): string => `${placeKey(place)}.${place.key}`
