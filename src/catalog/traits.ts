import type { Session } from '../pg/session.ts'
import { isOwn } from './mark.ts'

export interface Trait {
  readonly relation: number
  readonly kind: 'deferrable' | 'dependent' | 'invalid index' | 'shadowed'
  /** Of the constraint, dependent, index or object. */
  readonly name: string
}

const queries: Record<Trait['kind'], string> = {
  deferrable: `
    select conrelid as relation, quote_ident(conname) as name from pg_constraint
     where condeferrable and conparentid = 0 and conrelid in (select relation from moved)`,
  dependent: `
    select distinct m.relation, pg_describe_object('pg_class'::regclass, r.ev_class, 0) as name
      from moved m join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = m.relation
      join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
      join pg_class v on v.oid = r.ev_class
     where r.ev_class <> m.relation and not ${isOwn('v')}`,
  'invalid index': `
    select indrelid as relation, indexrelid::regclass::text as name from pg_index
     where (not indisvalid or not indisready) and indrelid in (select relation from moved)`,
  shadowed: `
    select min(m.relation::int8)::oid as relation, format('%I.%I', m.target, o.name) as name
      from moved m
      join lateral (
        select t.relname as name from pg_class s join pg_class t on t.relname = s.relname
         where s.relnamespace = to_regnamespace(quote_ident(m.source)) and t.relnamespace = to_regnamespace(quote_ident(m.target))
           and s.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and s.oid not in (select relation from moved)
           and not ${isOwn('t')} and not ${isOwn('s')}
        union
        select t.proname from pg_proc s join pg_proc t on t.proname = s.proname
         where s.pronamespace = to_regnamespace(quote_ident(m.source)) and t.pronamespace = to_regnamespace(quote_ident(m.target))) o on true
     group by 2`,
}

/** Properties of tables by kind, in one query whatever the number of tables. */
export async function readTraits(
  session: Session,
  kind: Trait['kind'],
  tables: readonly { readonly relation: number; readonly source: string; readonly target: string }[],
): Promise<Trait[]> {
  return session.query<Trait>(
    `with moved as (
       select (m->>'relation')::oid as relation, m->>'source' as source, m->>'target' as target
         from jsonb_array_elements($1::jsonb) m)
     select relation, $2 as kind, name from (${queries[kind]}) q order by 1, 3`,
    [JSON.stringify(tables), kind],
  )
}
