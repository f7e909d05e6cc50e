import type { Place } from '../errors/migrate-error.ts'
import type { CompatPolicy, CompatRule } from './compat.ts'
import type { CanarySpec, ProbeSpecs } from './probes.ts'

/** Keys and list positions (from 0) that lead to a value of the plan document. */
export type PlanPath = readonly (string | number)[]

/** Tables of one schema that become the tables of one service. */
export interface Service {
  readonly name: string
  /** Schema the tables go to. */
  readonly schema: string
  /** Alias of the database the tables are in. */
  readonly database: string
  readonly sourceSchema: string
  /** Alias of the database the tables go to. */
  readonly targetDatabase: string
  /** Names and globs as written; `matchTables` says what they mean. */
  readonly tables: readonly string[]
  readonly views: readonly string[]
  readonly functions: readonly string[]
  readonly types: readonly string[]
  /** Policies for some of its tables; the others have the plan's default. */
  readonly compat: readonly CompatRule[]
  readonly roles: readonly string[]
  /** With what the service itself connects; may hold secrets, as those of databases. */
  readonly url: string | undefined
  /** The search_path its connections are to have. */
  readonly searchPath: readonly string[] | undefined
  /** Shall its roles work in its schema alone? */
  readonly isIsolated: boolean
}

/** A PgBouncer in front of a database. */
export interface Pooler {
  /** Connection string of the admin console. */
  readonly admin: string
  /** Name of the database there; undefined means the name in the database's own URL. */
  readonly database: string | undefined
  readonly pauseTimeoutMs: number
}

/** A database with its surroundings. The URLs may hold secrets: they go to the connection and nowhere else. */
export interface DatabaseSpec {
  readonly url: string
  readonly standbys: readonly string[]
  /** Databases that subscribe to tables of this one. */
  readonly subscribers: readonly string[]
  readonly pooler: Pooler | undefined
}

export type PhaseKind = 'expand' | 'switch' | 'contract'

export interface PhaseSpec {
  /** From 1, without gaps. */
  readonly number: number
  readonly name: string
  readonly kind: PhaseKind
  readonly services: readonly string[]
}

/** A refusal that the operator takes responsibility for. */
export interface Waiver {
  readonly rule: string
  readonly on: string
  readonly because: string
  /** Position in `allow`, from 0. */
  readonly index: number
}

export interface PlanDefaults {
  readonly stallBudgetMs: number
  readonly lockRetryMs: number
  readonly compat: CompatPolicy
  readonly onDrift: 'report' | 'refuse'
  readonly backup: 'each-phase' | 'first-phase' | 'none'
  readonly backupDir: string
  readonly backupJobs: number
  readonly onProbeFailure: 'undo' | 'stop'
  readonly countUses: boolean
}

/** How backups are kept and proved. */
export interface BackupSettings {
  /** How many of each scope are kept; undefined is all. */
  readonly keep: number | undefined
  readonly maxAgeMs: number | undefined
  /** A command line that prints the key; undefined leaves backups as pg_dump writes them. */
  readonly keyCommand: string | undefined
  readonly drill: 'none' | 'each-phase' | 'before-switch'
}

/** How the files of a source tree are read by `migrate rewrite`. */
export interface RewriteSettings {
  /** Globs of files that are read though they would be left alone, and of files that are not read. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Globs of files with SQL of other databases, and of those with SQL of this one whatever they look like. */
  readonly foreign: readonly string[]
  readonly own: readonly string[]
  /** Functions that are given SQL, the name of a table, or neither. */
  readonly calls: Readonly<Record<'sql' | 'table' | 'text', readonly string[]>>
  /** File of known findings. */
  readonly baseline: string | undefined
}

/** A plan that was read and found consistent in itself; whether the databases agree is for preflight to say. */
export interface Plan {
  readonly file: string
  readonly name: string
  /** SHA-256 of `structure`, in hex. */
  readonly hash: string
  /** Normalised text of what decides the shape of the move, one fact a line, so that two can be compared. */
  readonly structure: string
  /** By alias. */
  readonly databases: Readonly<Record<string, DatabaseSpec>>
  readonly services: readonly Service[]
  readonly phases: readonly PhaseSpec[]
  readonly defaults: PlanDefaults
  readonly backups: BackupSettings
  /** Who gets the new schemas in search_path, for tables whose policy is search-path. */
  readonly searchPath: { readonly roles: readonly string[]; readonly database: boolean }
  readonly contract: { readonly quietMs: number }
  readonly probes: ProbeSpecs
  readonly canary: CanarySpec
  readonly rewrite: RewriteSettings
  readonly allow: readonly Waiver[]
  /** Where a value is written; for a value that is not, the nearest one around it. */
  place(path: PlanPath): Place
}
