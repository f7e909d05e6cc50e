import { ident } from '../pg/quoting.ts'
import type { KeyColumn, KeyValue } from './key.ts'

/** A row in which the right side is not as the left one. */
export interface Difference {
  /** missing: only on the left. extra: only on the right. changed: other values on the right. */
  readonly kind: 'missing' | 'extra' | 'changed'
  /** The values of the key as text; of a table without a key, the hash of the row. */
  readonly key: KeyValue
  /** The row's hash on that side. */
  readonly left?: string
  readonly right?: string
  /** How many rows more there are on that side, of a table without a key. */
  readonly copies?: number
  /** Somebody changes the row so often that both sides could not be seen at rest. */
  readonly isUnsettled?: true
}

const words = { missing: 'is missing', extra: 'is too much', changed: 'is different' } as const

/** A difference as a line for people. */
export function describeDifference(
  { kind, key, copies, isUnsettled }: Difference,
  columns: readonly KeyColumn[] | undefined,
): string {
  const row =
    columns === undefined
      ? `a row with hash ${key[0]!}, ${copies!} times`
      : columns.map(({ name }, index) => `${ident(name)} = ${key[index]!}`).join(', ')
  return `${row}: ${words[kind]}${isUnsettled === true ? ' (and changes all the time)' : ''}`
}
