import type { CompatPolicy } from '../plan/compat.ts'

/** A table whose statements are looked at, under its old name, with what decides whether they go on working. */
export interface KnownTable {
  readonly schema: string
  readonly name: string
  readonly policy: CompatPolicy
  /** Does it have partitions or inheritors, so that ONLY means something? */
  readonly hasChildren: boolean
  readonly columns: readonly {
    readonly name: string
    readonly identity: string
    readonly generated: string
  }[]
  readonly primaryKey: readonly string[]
  /** Sequences that PostgreSQL keeps tied to the table: those of identity columns. */
  readonly identitySequences: readonly { readonly schema: string; readonly name: string }[]
  readonly deferrable: readonly string[]
  readonly indexes: readonly string[]
}

/** A moved table named by a statement. */
export interface Named {
  readonly table: KnownTable
  /** Was it written with its schema? */
  readonly isQualified: boolean
}

/** What names mean to one role; nothing for what does not move. */
export interface Lookup {
  table(schema: string | undefined, name: string): KnownTable | undefined
  /** The table of an identity column that has this sequence. */
  sequence(schema: string | undefined, name: string): KnownTable | undefined
  /** The table that has this deferrable constraint. */
  constraint(schema: string | undefined, name: string): KnownTable | undefined
  /** The table that has this index. */
  index(schema: string | undefined, name: string): KnownTable | undefined
}
