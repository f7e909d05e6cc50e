import type { Session } from '../pg/session.ts'
import { isOwn } from './mark.ts'
import { journalSchema, stageSchema } from './names.ts'

/** A string that is a name and stands in an expression or among a trigger’s arguments, where nothing follows a move. */
export interface StoredText {
  /** What holds it: `default of public.a.b`, `view public.v`, `trigger t on public.a`. */
  readonly holder: string
  readonly text: string
}

/** `'public.users'` as text; of type regclass it would be an OID, which follows its table. */
const strings = String.raw`'((?:[^']|'')+)'::(?:text|name|cstring|character varying)`

/**
 * Strings of the form `schema.name` in views, rules, defaults, checks, policies, indexes, arguments’ defaults and parsed
 * bodies, and among the arguments of triggers; there names without a schema, too.
 */
export async function readStoredTexts(
  session: Session,
  names: readonly { readonly schema: string; readonly name: string }[],
): Promise<StoredText[]> {
  return session.query<StoredText>(
    `with named as materialized (
       select format(f, m->>'schema', m->>'name') as text, m->>'name' as bare
         from jsonb_array_elements($1::jsonb) m cross join unnest(array['%s.%s', '%I.%I', '"%s"."%s"']) f),
     rel as materialized (
       select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', $2, $3)
          and not ${isOwn('c')}
          and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')),
     expressions (holder, body) as (
       select format('default of %s.%I', r.name, a.attname), pg_get_expr(d.adbin, d.adrelid)
         from pg_attrdef d join rel r on r.oid = d.adrelid join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
       union all select format('constraint %I of %s', k.conname, r.name), pg_get_constraintdef(k.oid)
         from pg_constraint k join rel r on r.oid = k.conrelid where k.contype = 'c'
       union all select format('policy %I on %s', p.polname, r.name), concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
         from pg_policy p join rel r on r.oid = p.polrelid
       union all select case when r.relkind in ('v', 'm') and w.ev_type = '1' then 'view ' || r.name else format('rule %I on %s', w.rulename, r.name) end, pg_get_ruledef(w.oid)
         from pg_rewrite w join rel r on r.oid = w.ev_class
       union all select format('index %s', r.name), pg_get_indexdef(x.indexrelid)
         from pg_index x join rel r on r.oid = x.indexrelid where x.indexprs is not null or x.indpred is not null
       union all select format('function %s', p.oid::regprocedure), concat(pg_get_expr(p.proargdefaults, 0), pg_get_function_sqlbody(p.oid))
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where (p.proargdefaults is not null or p.prosqlbody is not null)
          and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', $2, $3)),
     found as (
       select e.holder, replace(m[1], '''''', '''') as text from expressions e cross join regexp_matches(e.body, $4, 'g') m
        where replace(m[1], '''''', '''') in (select n.text from named n)
       union
       select format('trigger %I on %s', t.tgname, r.name), a.text
         from pg_trigger t join rel r on r.oid = t.tgrelid
        cross join unnest(string_to_array(encode(t.tgargs, 'escape'), '\\000')) a (text)
        where not t.tgisinternal and t.tgnargs > 0 and a.text in (select n.text from named n union select n.bare from named n))
     select holder, text from found order by 1, 2`,
    [JSON.stringify(names), journalSchema, stageSchema, strings],
  )
}
