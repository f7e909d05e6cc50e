import type { Session } from '../pg/session.ts'

/** A trigger whose function is told the name, schema or OID of its table, or its arguments, and makes something of them. */
export interface TriggerFunction {
  readonly trigger: string
  readonly relation: number
  /** Where the table is now. */
  readonly schema: string
  readonly table: string
  readonly arguments: readonly string[]
  readonly oid: number
  readonly signature: string
  readonly language: string
  readonly source: string
  /** Its own search_path. */
  readonly path: string | null
}

/** The words by which functions ask for them, in PL/pgSQL, Perl, Python, Tcl and others. */
const words = String.raw`\m(tg_(relid|relname|table_name|table_schema|argv)|table_schema|table_name|relid|relname)\M`

/** SQL of the arguments of a trigger as an array of text; they are kept as bytes, each with a zero byte behind it. */
export function triggerArguments(trigger: string): string {
  return `array(select convert_from(decode(part, 'escape'), getdatabaseencoding())
    from unnest(string_to_array(encode(${trigger}.tgargs, 'escape'), '\\000')) with ordinality each (part, at)
   where at <= ${trigger}.tgnargs order by at)`
}

/**
 * All triggers that run a function which rows of the given tables make run, or that may come to these by a name it
 * makes; those of other tables tell what else it serves.
 */
export async function readTriggerFunctions(
  session: Session,
  relations: readonly number[],
): Promise<TriggerFunction[]> {
  return session.query<TriggerFunction>(
    `with functions as materialized (
       select p.*, l.lanname, n.nspname from pg_proc p join pg_language l on l.oid = p.prolang join pg_namespace n on n.oid = p.pronamespace
        where (p.oid in (select tgfoid from pg_trigger where tgrelid = any($1::oid[]) and not tgisinternal)
               or p.prorettype = 'trigger'::regtype and p.prosrc ~* '\\m(execute|regclass|to_regclass|nextval)\\M')
          and l.lanname not in ('internal', 'c')
          and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e'))
     select t.tgname as trigger, t.tgrelid as relation, tn.nspname as schema, c.relname as table,
            ${triggerArguments('t')} as arguments,
            p.oid, format('%I.%I()', p.nspname, p.proname) as signature, p.lanname as language, p.prosrc as source,
            (select substr(s, 13) from unnest(p.proconfig) s where s like 'search\\_path=%') as path
       from functions p join pg_trigger t on t.tgfoid = p.oid and not t.tgisinternal
       join pg_class c on c.oid = t.tgrelid join pg_namespace tn on tn.oid = c.relnamespace
      where p.prosrc ~* $2
      order by signature, schema, "table", trigger`,
    [relations, words],
  )
}

/** Those of the names that some relation has. */
export async function readExisting(
  session: Session,
  names: readonly { readonly schema: string; readonly name: string }[],
): Promise<{ schema: string; name: string }[]> {
  return session.query(
    `select n.nspname as schema, c.relname as name
       from jsonb_array_elements($1::jsonb) m join pg_namespace n on n.nspname = m->>'schema'
       join pg_class c on c.relnamespace = n.oid and c.relname = m->>'name'`,
    [JSON.stringify(names)],
  )
}
