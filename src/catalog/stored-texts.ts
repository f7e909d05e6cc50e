import type { Session } from '../pg/session.ts'
import { isOwn } from './mark.ts'
import { journalSchema, stageSchema } from './names.ts'
import { triggerArguments } from './trigger-functions.ts'

/** An expression that holds a string with the name of something that moves, and that nothing follows. */
export interface StoredExpression {
  /** What holds it: `default of public.a.b`, `view public.v`, `trigger t on public.a`. */
  readonly holder: string
  /** SQL that can be parsed by itself, with the names of other schemas than pg_catalog in full. */
  readonly sql: string
  readonly texts: readonly string[]
  /** Of a default, its table and column. */
  readonly relation: number | null
  readonly column: string | null
}

/** A trigger with a name among its arguments. */
export interface TriggerArgument {
  readonly holder: string
  readonly text: string
  readonly function: string
  readonly language: string
  /** Which of the arguments, from 0. */
  readonly position: number
  readonly count: number
}

/** A comment that tells generators of APIs of a relation by its name. */
export interface NamingComment {
  readonly holder: string
  readonly text: string
}

/** `'public.users'` as text; of type regclass it would be an OID, which follows its table. */
const strings = String.raw`'((?:[^']|'')+)'::(?:text|name|cstring|character varying|bpchar)`

interface Name {
  readonly schema: string
  readonly name: string
}

const named = `
  named as materialized (
    select distinct m->>'schema' as schema, m->>'name' as bare, format(f, m->>'schema', m->>'name') as text
      from jsonb_array_elements($1::jsonb) m cross join unnest(array['%s.%s', '%I.%I', '"%s"."%s"']) f),
  rel as materialized (
    select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', $2, $3)
       and not ${isOwn('c')}
       and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'))`

/**
 * Expressions of views, rules, defaults, generated columns, checks, policies, indexes, conditions of triggers, domains,
 * arguments’ defaults and parsed bodies in which a string is one of the names, with its schema or without.
 */
export async function readStoredExpressions(
  session: Session,
  names: readonly Name[],
): Promise<StoredExpression[]> {
  return session.query<StoredExpression>(
    `with ${named},
     expressions (holder, body, relation, "column") as (
       select format('default of %s.%I', r.name, a.attname), 'select ' || pg_get_expr(d.adbin, d.adrelid), r.oid, a.attname
         from pg_attrdef d join rel r on r.oid = d.adrelid join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
       union all select format('constraint %I of %s', k.conname, r.name), 'select ' || pg_get_expr(k.conbin, k.conrelid), null, null
         from pg_constraint k join rel r on r.oid = k.conrelid where k.contype = 'c'
       union all select format('constraint %I of domain %s', k.conname, format_type(k.contypid, null)),
              'select ' || replace(pg_get_expr(k.conbin, 0), 'VALUE', 'null'), null, null
         from pg_constraint k where k.contype = 'c' and k.contypid <> 0
       union all select format('policy %I on %s', p.polname, r.name), concat_ws(', ', 'select true', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), null, null
         from pg_policy p join rel r on r.oid = p.polrelid
       union all select case when r.relkind in ('v', 'm') and w.ev_type = '1' then 'view ' || r.name else format('rule %I on %s', w.rulename, r.name) end, pg_get_ruledef(w.oid), null, null
         from pg_rewrite w join rel r on r.oid = w.ev_class
       union all select format('index %s', r.name), pg_get_indexdef(x.indexrelid), null, null
         from pg_index x join rel r on r.oid = x.indexrelid where x.indexprs is not null or x.indpred is not null
       union all select format('trigger %I on %s', t.tgname, r.name), pg_get_triggerdef(t.oid), null, null
         from pg_trigger t join rel r on r.oid = t.tgrelid where t.tgqual is not null and not t.tgisinternal
       union all select format('function %s', p.oid::regprocedure), concat('select ' || pg_get_expr(p.proargdefaults, 0), '; ',
              replace(replace(pg_get_function_sqlbody(p.oid), 'BEGIN ATOMIC', ''), E'\\nEND', '')), null, null
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where (p.proargdefaults is not null or p.prosqlbody is not null)
          and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', $2, $3))
     select e.holder, e.body as sql, e.relation, e."column", array_agg(distinct f.text order by f.text) as texts
       from expressions e cross join lateral (
         select replace(m[1], '''''', '''') as text from regexp_matches(e.body, $4, 'g') m) f
      where f.text in (select n.text from named n union select n.bare from named n union select quote_ident(n.bare) from named n)
      group by e.holder, e.body, e.relation, e."column" order by 1, 2`,
    [JSON.stringify(names), journalSchema, stageSchema, strings],
  )
}

/** The arguments of triggers that are one of the names. */
export async function readTriggerArguments(
  session: Session,
  names: readonly Name[],
): Promise<TriggerArgument[]> {
  return session.query<TriggerArgument>(
    `with ${named}
     select format('trigger %I on %s', t.tgname, r.name) as holder, a.text, p.proname as function, l.lanname as language,
            (a.at - 1)::int as position, t.tgnargs as count
       from pg_trigger t join rel r on r.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid join pg_language l on l.oid = p.prolang
      cross join unnest(${triggerArguments('t')}) with ordinality a (text, at)
      where not t.tgisinternal and t.tgnargs > 0
        and a.text in (select n.text from named n union select n.bare from named n union select quote_ident(n.bare) from named n)
      order by 1, 5`,
    [JSON.stringify(names), journalSchema, stageSchema],
  )
}

/** Comments with an @ in them, as those that generators of APIs go by, and one of the names with its schema. */
export async function readNamingComments(session: Session, names: readonly Name[]): Promise<NamingComment[]> {
  return session.query<NamingComment>(
    `with ${named}
     select distinct 'comment on ' || pg_describe_object(d.classoid, d.objoid, d.objsubid) as holder, n.text
       from pg_description d join named n on position('@' in d.description) > 0 and position(n.text in d.description) > 0
      where d.classoid in ('pg_class'::regclass, 'pg_constraint'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass)
        and not exists (select from pg_class c where d.classoid = 'pg_class'::regclass and c.oid = d.objoid and ${isOwn('c')})
      order by 1, 2`,
    [JSON.stringify(names), journalSchema, stageSchema],
  )
}
