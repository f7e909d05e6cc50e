import type { QueryResult } from 'pg'

/**
 * What the clients of a load do. A workload module's default export is a function from its options (plain
 * data, they travel to another process) to this.
 */
export interface Workload {
  operations: readonly Operation[]
}

/** The shape of a workload module. */
export interface WorkloadModule {
  default: (options: Readonly<Record<string, unknown>>) => Workload
}

/** One thing a client does, chosen as often as its weight says. */
export interface Operation {
  name: string
  weight: number
  perform: (work: Work) => Promise<void>
}

/** A column whose unique value proves that a row arrived. */
export interface TokenPlace {
  table: string
  column: string
}

/** A number that only ever grows by what clients add to it. */
export interface CounterPlace {
  table: string
  key: string
  column: string
}

/** What an operation has in hand: a connection, a spelling of names, a source of chance, and the ledger. */
export interface Work {
  /** The relation as this client spells it, quoted. */
  name: (relation: string) => string
  /** Sends one statement in the client's manner (simple, extended, prepared, …) and times it. */
  run: (text: string, values?: readonly unknown[]) => Promise<QueryResult>
  /** BEGIN, the body, COMMIT; what the body noted counts as acknowledged once COMMIT is answered. */
  transaction: (body: () => Promise<void>) => Promise<void>
  /** To be called before the statement that inserts a row carrying the token. */
  willInsert: (place: TokenPlace, token: string) => void
  /** To be called before the statement that deletes the row carrying the token. */
  willDelete: (place: TokenPlace, token: string) => void
  /** To be called before (or, where the key is returned, within the transaction after) an addition. */
  willAdd: (place: CounterPlace, key: string | number, by: number) => void
  /** A token of this client's own whose row was acknowledged, for it to delete; each is given out once. */
  takeOwn: (place: TokenPlace) => string | undefined
  /** A token no one else has. */
  token: (prefix?: string) => string
  /** A whole number from low to high, both included. */
  between: (low: number, high: number) => number
  pick: <T>(choices: readonly T[]) => T
}
