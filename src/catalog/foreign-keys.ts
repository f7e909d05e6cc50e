import type { Session } from '../pg/session.ts'

export interface ForeignKey {
  readonly name: string
  readonly from: number
  readonly fromName: string
  readonly to: number
  readonly toName: string
  readonly validated: boolean
  /** Does a change of the referenced row write the referencing one? */
  readonly cascades: boolean
}

/** Foreign keys that begin or end at one of the given tables; those that partitions inherit are left out. */
export async function readForeignKeys(session: Session, oids: readonly number[]): Promise<ForeignKey[]> {
  return session.query<ForeignKey>(
    `select k.conname as name, k.conrelid as "from", k.conrelid::regclass::text as "fromName",
            k.confrelid as "to", k.confrelid::regclass::text as "toName", k.convalidated as validated,
            k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd') as cascades
       from pg_constraint k
      where k.contype = 'f' and k.conparentid = 0
        and (k.conrelid = any($1::oid[]) or k.confrelid = any($1::oid[]))
      order by 3, 1`,
    [oids],
  )
}
