import type { LedgerEntry, TokenState } from './ledger.ts'
import { placeKey } from './ledger.ts'
import type { CounterPlace, TokenPlace } from './workload.ts'

/** How a transaction ended, as far as its client knows. */
export type Outcome = 'committed' | 'aborted' | 'unknown'

/** Bounds what a client remembers of its own rows. */
const OWN_LIMIT = 500

/**
 * The writes one client has sent whose transaction is not settled. Nothing enters the ledger before the
 * server has answered COMMIT, so the ledger never claims more than what was promised.
 */
export class Pending {
  readonly #own = new Map<string, string[]>()
  #settled: LedgerEntry[] = []
  #open: ((outcome: Outcome) => void)[] = []

  insert(place: TokenPlace, token: string): void {
    this.#open.push((outcome) => {
      this.#write(place, token, outcome === 'committed' ? 'present' : outcome)
      if (outcome === 'committed') this.#remember(place, token)
    })
  }

  delete(place: TokenPlace, token: string): void {
    this.#open.push((outcome) => {
      if (outcome === 'aborted') this.#remember(place, token)
      else this.#write(place, token, outcome === 'committed' ? 'gone' : 'unknown')
    })
  }

  add(place: CounterPlace, keyValue: string, by: number): void {
    this.#open.push((outcome) => {
      if (outcome === 'aborted') return
      const isAcknowledged = outcome === 'committed'
      this.#settled.push({ kind: 'count', ...place, keyValue, by, isAcknowledged })
    })
  }

  settle(outcome: Outcome): void {
    const open = this.#open
    this.#open = []
    for (const write of open) write(outcome)
  }

  takeOwn(place: TokenPlace): string | undefined {
    return this.#own.get(placeKey(place))?.shift()
  }

  /** Hands over what was settled since the last call. */
  drain(): LedgerEntry[] {
    const settled = this.#settled
    this.#settled = []
    return settled
  }

  #write(place: TokenPlace, token: string, state: TokenState): void {
    this.#settled.push({ kind: 'token', ...place, token, state })
  }

  #remember(place: TokenPlace, token: string): void {
    const tokens = this.#own.get(placeKey(place)) ?? []
    if (tokens.length < OWN_LIMIT) tokens.push(token)
    this.#own.set(placeKey(place), tokens)
  }
}
