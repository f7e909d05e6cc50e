import type { LedgerEntry } from './ledger.ts'
import type { Manner } from './manner.ts'
import type { Measured } from './meter.ts'
import type { NameStyle, SchemaOf } from './names.ts'

/** What a worker needs to know; plain data. */
export interface WorkerSettings {
  url: string
  clients: number
  /** file: URL of the workload module, and what its default export is called with. */
  workload: string
  options: Readonly<Record<string, unknown>>
  applicationName: string
  /** Each transaction picks one of these spellings and one of these manners. */
  styles: readonly NameStyle[]
  manners: readonly Manner[]
  schemaOf: SchemaOf
  /** Set on every connection, if given. */
  searchPath: readonly string[]
  /** Mean pause of a client between two transactions; 0 is as fast as it can. */
  thinkMs: number
  seed: number
  /** Name of the first window. */
  label: string
}

/** What a parent asks of a worker. */
export type Request =
  { ask: 'mark'; label: string } | { ask: 'pause' } | { ask: 'resume' } | { ask: 'measure' } | { ask: 'stop' }

/** From parent to worker. */
export type ToWorker =
  { kind: 'start'; settings: WorkerSettings } | { kind: 'ask'; id: number; request: Request }

/** From worker to parent. */
export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'broken'; message: string }
  | { kind: 'ledger'; entries: LedgerEntry[] }
  | { kind: 'answer'; id: number; measured: Measured }
