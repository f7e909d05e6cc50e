import type { Value } from './value.ts'

/** Something that a function does with a text it has made, on that line of its body. */
export interface Happening {
  readonly kind:
    /** It runs the text as SQL. */
    | 'executed'
    /** It finds a relation by the text. */
    | 'found'
    /** It compares, and goes one way or the other. */
    | 'compared'
    /** It stores, returns or passes on the text. */
    | 'told'
    /** It stores or locks by the OID of the trigger’s table. */
    | 'keyed'
  readonly line: number
  /** The statement or expression in which it does so. */
  readonly sql: string
  /** Whatever the text may be. */
  readonly values: readonly Value[]
}
