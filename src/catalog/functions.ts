import type { Session } from '../pg/session.ts'
import type { StoredBody } from './bodies.ts'
import { journalSchema, markPrefix, stageSchema } from './names.ts'

/** A function that rows of the move make run. */
export interface RowRoutine extends Pick<
  StoredBody,
  'oid' | 'signature' | 'language' | 'source' | 'definition'
> {
  /** Tables of the move whose rows make it run. */
  readonly relations: readonly number[]
}

const signature = `format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))`

/**
 * Functions in SQL and PL/pgSQL that run because of a row of the given tables (triggers, defaults, checks, index expressions,
 * policies) and have no search_path of their own: they run with that of whoever writes the row (manual, chapter 39.1).
 */
export async function readRowRoutines(session: Session, oids: readonly number[]): Promise<RowRoutine[]> {
  return session.query<RowRoutine>(
    `with used as materialized (
       select t.tgfoid as fn, t.tgrelid as relation from pg_trigger t
        where not t.tgisinternal and t.tgrelid = any($1::oid[])
       union
       select d.refobjid, coalesce(ad.adrelid, k.conrelid, x.indrelid, po.polrelid)
         from pg_depend d
         left join pg_attrdef ad on d.classid = 'pg_attrdef'::regclass and ad.oid = d.objid
         left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
         left join pg_index x on d.classid = 'pg_class'::regclass and x.indexrelid = d.objid
         left join pg_policy po on d.classid = 'pg_policy'::regclass and po.oid = d.objid
        where d.refclassid = 'pg_proc'::regclass
          and coalesce(ad.adrelid, k.conrelid, x.indrelid, po.polrelid) = any($1::oid[]))
     select p.oid, ${signature} as signature, l.lanname as language, p.prosrc as source,
            pg_get_functiondef(p.oid) as definition, array_agg(distinct u.relation order by u.relation) as relations
       from used u
       join pg_proc p on p.oid = u.fn
       join pg_namespace n on n.oid = p.pronamespace
       join pg_language l on l.oid = p.prolang
      where l.lanname in ('plpgsql', 'sql') and p.prosqlbody is null
        and not exists (select from unnest(p.proconfig) s where s like 'search_path=%')
        and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
      group by p.oid, n.nspname, p.proname, l.lanname, p.prosrc
      order by signature`,
    [oids],
  )
}

/** Every name of a schema that a body may look for. */
export async function readNamesOf(
  session: Session,
  schema: string,
): Promise<{ class: 'relation' | 'type' | 'routine'; name: string }[]> {
  return session.query(
    `select 'relation' as class, relname::text as name from pg_class
      where relnamespace = to_regnamespace(quote_ident($1)) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
     union select 'routine', proname from pg_proc where pronamespace = to_regnamespace(quote_ident($1))
     union select 'type', typname from pg_type
      where typnamespace = to_regnamespace(quote_ident($1)) and typrelid = 0 and typelem = 0`,
    [schema],
  )
}

export interface BodyMention {
  readonly relation: number
  readonly oid: number
  readonly signature: string
  readonly securityDefiner: boolean
  readonly isMine: boolean
  readonly language: string
}

/**
 * Functions whose text has one of the names. Text is all there is to go by (bodies of this kind are parsed when
 * they run), so this errs on the side of listing too many.
 */
export async function readBodyMentions(
  session: Session,
  named: readonly { readonly oid: number; readonly name: string }[],
): Promise<BodyMention[]> {
  if (named.length === 0) return []
  return session.query<BodyMention>(
    `with names as materialized (
       select (m->>'oid')::oid as oid, m->>'name' as name, regexp_replace(m->>'name', '([][().*+?|^$\\\\{}-])', '\\\\\\1', 'g') as pattern
         from jsonb_array_elements($1::jsonb) m),
     bodies as materialized (
       select p.oid, p.prosrc, lower(p.prosrc) as low, p.prosecdef, p.proowner, l.lanname, ${signature} as signature
         from pg_proc p join pg_language l on l.oid = p.prolang join pg_namespace n on n.oid = p.pronamespace
        where l.lanname in ('plpgsql', 'sql') and p.prosqlbody is null
          and n.nspname not in ('pg_catalog', 'information_schema', $2, $3)
          and coalesce(obj_description(p.oid, 'pg_proc'), '') not like $4 || '%'
          and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e'))
     select t.oid as relation, b.oid, b.signature, b.prosecdef as "securityDefiner",
            pg_has_role(current_user, b.proowner, 'MEMBER') as "isMine", b.lanname as language
       from bodies b join names t on position(lower(t.name) in b.low) > 0
      where t.name !~ '^[a-zA-Z0-9_]+$' or b.prosrc ~* ('\\m' || t.pattern || '\\M')
      order by b.signature, t.name`,
    [JSON.stringify(named), journalSchema, stageSchema, markPrefix],
  )
}
