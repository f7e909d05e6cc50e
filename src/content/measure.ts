import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { nameKey, readColumns, type ContentColumn } from './columns.ts'
import { contentSettings, readEncoding, rowHash } from './row-hash.ts'

/** How many rows a relation has and what is in them, whatever their order. */
export interface ContentSum {
  readonly schema: string
  readonly name: string
  readonly rows: number
  /** 64 bits in hexadecimal digits; equal content gives equal checksums by any name, table or view. */
  readonly checksum: string
}

export interface MeasureOptions {
  /** Called after each relation, in the order given. */
  readonly onMeasured?: (sum: ContentSum) => void
}

/**
 * Counts and sums the rows of each relation, one query each, all in the transaction the caller has open: the
 * caller decides which snapshot is measured. A partitioned table or a parent is measured with its whole tree.
 * Rows that a row-level security policy would hide make it fail instead of being left out.
 */
export async function measureContent(
  session: Session,
  relations: readonly QualifiedName[],
  options: MeasureOptions = {},
): Promise<ContentSum[]> {
  const putBack = await contentSettings(session)
  const encoding = await readEncoding(session)
  const columns = await readColumns(session, relations)
  const sums: ContentSum[] = []
  for (const relation of relations) {
    const digest = await session.one<Digest>(
      `select ${digestOf(columns.get(nameKey(relation)) ?? [], encoding)} from ${qualified(relation)} as t`,
    )
    const sum = { schema: relation.schema, name: relation.name, ...sumOf(digest) }
    sums.push(sum)
    options.onMeasured?.(sum)
  }
  // After a failure there is nothing to put back: the transaction is over, and the settings with it.
  await putBack()
  return sums
}

/** Rows and the sum of their hashes, as the server tells them. */
export interface Digest {
  readonly rows: string
  readonly sum: string
}

/** The columns of a query for a digest of the rows of `t`. A sum, unlike an exclusive or, counts duplicates. */
export function digestOf(columns: readonly ContentColumn[], encoding: string): string {
  return `count(*)::text as rows, coalesce(sum(${rowHash(columns, encoding)}), 0)::text as sum`
}

export function sumOf({ rows, sum }: Digest): { rows: number; checksum: string } {
  return { rows: Number(rows), checksum: checksumText(BigInt(sum)) }
}

/** A sum of 64-bit hashes modulo 2^64: the sum of parts is the sum of the whole. */
export function checksumText(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0')
}
