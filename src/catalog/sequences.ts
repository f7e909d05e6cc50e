import type { Session } from '../pg/session.ts'
import { byRelation } from './group.ts'

/** A sequence that belongs to a column: owned (serial) or of an identity column. */
export interface ColumnSequence {
  readonly relation: number
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly column: string
  readonly kind: 'owned' | 'identity'
  /** Roles that hold USAGE on it by name. */
  readonly usableBy: readonly string[]
}

export async function readSequences(
  session: Session,
  oids: readonly number[],
): Promise<Map<number, ColumnSequence[]>> {
  const rows = await session.query<ColumnSequence>(
    `select d.refobjid as relation, q.oid, n.nspname as schema, q.relname as name, a.attname as "column",
            case d.deptype when 'i' then 'identity' else 'owned' end as kind,
            array(select pg_get_userbyid(x.grantee)::text from aclexplode(q.relacl) x
                   where x.grantee <> 0 and x.privilege_type = 'USAGE' order by 1) as "usableBy"
       from pg_depend d
       join pg_class q on q.oid = d.objid and q.relkind = 'S'
       join pg_namespace n on n.oid = q.relnamespace
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
        and d.deptype in ('a', 'i') and d.refobjid = any($1::oid[])
      order by d.refobjid, a.attnum, q.relname`,
    [oids],
  )
  return byRelation(rows)
}
