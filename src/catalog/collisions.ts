import type { Session } from '../pg/session.ts'
import { isShell, markOfView } from './mark.ts'

export interface Collision {
  readonly relation: number
  readonly what: string
  readonly name: string
  readonly schema: string
}

/**
 * Names that stop SET SCHEMA: the table, each of its indexes, sequences and statistics objects, its row type and its array type must be
 * free in the schema they go to. Views that carry the tool's own mark, and shells, make way and do not count.
 */
export async function readCollisions(
  session: Session,
  moves: readonly { relation: number; schema: string }[],
  mark: string,
  sequences: readonly { relation: number; oid: number }[],
): Promise<Collision[]> {
  return session.query<Collision>(
    `with moved as (select (m->>'relation')::oid as oid, m->>'schema' as schema from jsonb_array_elements($1::jsonb) m),
     sequence as (select (s->>'relation')::oid as oid, (s->>'oid')::oid as sequence from jsonb_array_elements($3::jsonb) s),
     target as (select m.oid, n.oid as nsp, m.schema from moved m join pg_namespace n on n.nspname = m.schema),
     name as (
       select t.*, 'relation' as what, c.relname as name from target t join pg_class c on c.oid = t.oid
       union all select t.*, 'relation', i.relname from target t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
       union all select t.*, 'relation', q.relname from target t join sequence s on s.oid = t.oid join pg_class q on q.oid = s.sequence
       union all select t.*, 'statistics', s.stxname from target t join pg_statistic_ext s on s.stxrelid = t.oid where s.stxnamespace <> t.nsp
       union all select t.*, 'type', y.typname from target t join pg_class c on c.oid = t.oid join pg_type y on y.oid = c.reltype
       union all select t.*, 'type', a.typname from target t join pg_class c on c.oid = t.oid join pg_type y on y.oid = c.reltype join pg_type a on a.oid = y.typarray),
     ours as (select c.oid, c.reltype, y.typarray from pg_class c join pg_type y on y.oid = c.reltype
       where c.relkind = 'v' and ${markOfView('c.oid')} = $2 or c.relkind = 'p' and ${isShell('c.oid')})
     select distinct n.oid as relation, n.what, n.name, n.schema
       from name n
      where (n.what = 'relation' and exists (select from pg_class c where c.relnamespace = n.nsp and c.relname = n.name
              and c.oid <> n.oid and c.oid not in (select oid from ours)
              and not exists (select from pg_index x where x.indexrelid = c.oid and (x.indrelid = n.oid or x.indrelid in (select oid from ours)))
              and not exists (select from sequence s where s.sequence = c.oid and s.oid = n.oid)))
         or (n.what = 'type' and exists (select from pg_type y where y.typnamespace = n.nsp and y.typname = n.name
              and y.typrelid <> n.oid and y.oid not in (select reltype from ours union all select typarray from ours)
              and y.typelem <> (select reltype from pg_class where oid = n.oid)))
         or (n.what = 'statistics' and exists (select from pg_statistic_ext s where s.stxnamespace = n.nsp and s.stxname = n.name))
      order by 4, 2, 3`,
    [JSON.stringify(moves), mark, JSON.stringify(sequences)],
  )
}
