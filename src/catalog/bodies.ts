import type { Session } from '../pg/session.ts'
import { journalSchema, markPrefix, stageSchema } from './names.ts'

/** A function or procedure whose body is kept as text, which the server parses when it runs. */
export interface StoredBody {
  readonly oid: number
  readonly signature: string
  readonly language: string
  /** The body as pg_proc keeps it. */
  readonly source: string
  /** The whole CREATE OR REPLACE, of which the body is the end. */
  readonly definition: string
  /** Its own search_path; null for one that has that of its callers. */
  readonly path: string | null
  /** May the runner give it another body? */
  readonly isMine: boolean
  /** Transition tables of triggers that run it, which hide relations of their names (manual, CREATE TRIGGER). */
  readonly transitionTables: readonly string[]
}

/**
 * Bodies of others than PostgreSQL, extensions and the tool itself that hold one of the names, or make SQL as they run.
 * Bodies in C are none, and those that were parsed when they were made hold no names.
 */
export async function readStoredBodies(session: Session, names: readonly string[]): Promise<StoredBody[]> {
  return session.query<StoredBody>(
    `with bodies as materialized (
       select p.*, lower(p.prosrc) as low, l.lanname, n.nspname
         from pg_proc p join pg_language l on l.oid = p.prolang join pg_namespace n on n.oid = p.pronamespace
        where l.lanname not in ('internal', 'c') and p.prosqlbody is null and p.prokind <> 'a'
          and n.nspname not in ('pg_catalog', 'information_schema', $2, $3)
          and coalesce(obj_description(p.oid, 'pg_proc'), '') not like $4 || '%'
          and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e'))
     select p.oid, format('%I.%I(%s)', p.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as signature,
            p.lanname as language, p.prosrc as source, pg_get_functiondef(p.oid) as definition,
            (select substr(s, 13) from unnest(p.proconfig) s where s like 'search\\_path=%') as path,
            pg_has_role(current_user, p.proowner, 'MEMBER') and has_schema_privilege(p.pronamespace, 'CREATE')
              and has_language_privilege(p.prolang, 'USAGE')
              and (not p.proleakproof and p.prosupport = 0 or current_setting('is_superuser') = 'on') as "isMine",
            array(select x from pg_trigger t cross join lateral unnest(array[t.tgoldtable, t.tgnewtable]::text[]) x
                   where t.tgfoid = p.oid and x is not null group by x order by x) as "transitionTables"
       from bodies p
      where p.low ~ '\\mexecute\\M' or exists (select from unnest($1::text[]) w where position(lower(w) in p.low) > 0)
      order by 2`,
    [names, journalSchema, stageSchema, markPrefix],
  )
}

/** Something that has the name of what moves, in any schema but those of PostgreSQL and of the tool. */
export interface Namesake {
  readonly schema: string
  readonly name: string
  /** A relation with every column of the one that moves, so that the same statements work on it. */
  readonly isCopy: boolean
}

export async function readNamesakes(
  session: Session,
  moves: readonly {
    readonly class: string
    readonly schema: string
    readonly name: string
    readonly target: string
  }[],
): Promise<Namesake[]> {
  return session.query(
    `with moved as materialized (
       select m->>'name' as name, m->>'class' as class, array[m->>'schema', m->>'target'] as schemas
         from jsonb_array_elements($1::jsonb) m),
     named as materialized (
       select relnamespace as namespace, relname as name, oid as relation from pg_class
        where relname in (select name from moved) and relpersistence <> 't'
       union all select typnamespace, typname, null from pg_type where typname in (select name from moved) and typrelid = 0
       union all select pronamespace, proname, null from pg_proc where proname in (select name from moved)),
     columns as materialized (
       select x.namespace, x.name, array_agg(a.attname order by a.attname) as names
         from named x join pg_attribute a on a.attrelid = x.relation and a.attnum > 0 and not a.attisdropped
        group by 1, 2)
     select n.nspname as schema, x.name::text as name,
            bool_or(exists (
              select from moved m
                join pg_namespace o on o.nspname = any(m.schemas) and o.oid <> n.oid
                join columns has on has.namespace = n.oid and has.name = x.name
                join columns needs on needs.namespace = o.oid and needs.name = x.name
               where m.class = 'relation' and m.name = x.name and needs.names <@ has.names)) as "isCopy"
       from named x join pg_namespace n on n.oid = x.namespace
      where n.nspname not in ('pg_catalog', 'information_schema', $2, $3) and n.nspname !~ '^pg_(toast|temp)'
      group by 1, 2 order by 1, 2`,
    [JSON.stringify(moves), journalSchema, stageSchema],
  )
}

/** The schemas of the tables whose rows make a trigger function run, where they do not move. */
export async function readTriggerSchemas(
  session: Session,
  moved: readonly number[],
): Promise<{ oid: number; tables: { schema: string; name: string }[] }[]> {
  return session.query(
    `select t.tgfoid as oid, jsonb_agg(distinct jsonb_build_object('schema', n.nspname, 'name', c.relname)) as tables
       from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      where not t.tgisinternal and c.oid <> all($1::oid[]) and n.nspname not in ($2, $3)
      group by 1`,
    [moved, journalSchema, stageSchema],
  )
}
