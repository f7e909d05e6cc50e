import { ident, qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { LiveTable } from './pairing.ts'

/** Moves the sequences that number the rows of a table past the highest number in it; none is ever set back. */
export async function raiseSequences(session: Session, table: LiveTable): Promise<void> {
  const numbered = await session.query<{ column: string; sequence: number }>(
    `select a.attname as "column", s.seqrelid::int8::float8 as sequence
       from pg_sequence s
       join pg_depend d on d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
      cross join lateral (select 1 where d.deptype in ('a', 'i') and d.objid = s.seqrelid) owned
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
       join pg_type y on y.oid = a.atttypid
      -- OWNED BY takes columns of every type; only integers are numbers of such a sequence.
       and coalesce(nullif(y.typbasetype, 0), y.oid) in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
      where d.refobjid = $1 and s.seqincrement > 0`,
    [table.oid],
  )
  for (const { column, sequence } of numbered) {
    await session.query(
      `select setval($1::oid::regclass, top.number)
         from (select max(t.${ident(column)})::int8 as number from ${qualified(table)} t) top
        where top.number > coalesce(pg_sequence_last_value($1::oid::regclass), 0)`,
      [sequence],
    )
  }
}
