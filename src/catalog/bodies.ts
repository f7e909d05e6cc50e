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
  readonly isProcedure: boolean
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
            p.prokind = 'p' as "isProcedure",
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

/** Relations, types and functions of the given schemas that have one of the names, as `schema` and `name`. */
export async function readNamesakes(
  session: Session,
  names: readonly string[],
  schemas: readonly string[],
): Promise<{ schema: string; name: string }[]> {
  return session.query(
    `select n.nspname as schema, x.name::text as name
       from (select relnamespace as namespace, relname as name from pg_class
             union select typnamespace, typname from pg_type
             union select pronamespace, proname from pg_proc) x
       join pg_namespace n on n.oid = x.namespace
      where n.nspname = any($2::text[]) and x.name = any($1::text[])`,
    [names, schemas],
  )
}
