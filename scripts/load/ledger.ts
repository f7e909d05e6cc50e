import type { CounterPlace, TokenPlace } from './workload.ts'

/**
 * What the server has told a client about a row: it is there (`present`), it was deleted (`gone`), the
 * transaction was refused (`aborted`), or the connection broke before COMMIT was answered (`unknown`).
 */
export type TokenState = 'present' | 'gone' | 'aborted' | 'unknown'

/** One line of the ledger, as it travels from a worker to its parent. */
export type LedgerEntry =
  | ({ kind: 'token'; token: string; state: TokenState } & TokenPlace)
  | ({ kind: 'count'; keyValue: string; by: number; isAcknowledged: boolean } & CounterPlace)

/** What was added to one counter. */
export interface Additions {
  acknowledged: number
  unknown: number
}

/** Every write that was acknowledged, by place. Several loads may write into one ledger. */
export class Ledger {
  readonly tokens = new Map<string, { place: TokenPlace; states: Map<string, TokenState> }>()
  readonly counters = new Map<string, { place: CounterPlace; additions: Map<string, Additions> }>()

  apply(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'token') this.#applyToken(entry)
      else this.#applyCount(entry)
    }
  }

  /** How many tokens of a table's column are in the given state. */
  count(place: TokenPlace, state: TokenState): number {
    let count = 0
    for (const each of this.tokens.get(placeKey(place))?.states.values() ?? []) if (each === state) count += 1
    return count
  }

  #applyToken(entry: LedgerEntry & { kind: 'token' }): void {
    const key = placeKey(entry)
    const place = { table: entry.table, column: entry.column }
    const page = this.tokens.get(key) ?? { place, states: new Map<string, TokenState>() }
    page.states.set(entry.token, entry.state)
    this.tokens.set(key, page)
  }

  #applyCount(entry: LedgerEntry & { kind: 'count' }): void {
    const key = `${placeKey(entry)}.${entry.key}`
    const place = { table: entry.table, key: entry.key, column: entry.column }
    const page = this.counters.get(key) ?? { place, additions: new Map<string, Additions>() }
    const sum = page.additions.get(entry.keyValue) ?? { acknowledged: 0, unknown: 0 }
    if (entry.isAcknowledged) sum.acknowledged += entry.by
    else sum.unknown += entry.by
    page.additions.set(entry.keyValue, sum)
    this.counters.set(key, page)
  }
}

/** A string that names a place. */
export const placeKey = (place: TokenPlace): string => `${place.table}.${place.column}`
