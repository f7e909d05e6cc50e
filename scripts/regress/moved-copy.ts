import type pg from 'pg'
import { ident } from '../../src/pg/quoting.ts'
import { surroundings } from '../../src/rewrite/decide.ts'
import { Moves } from '../../src/rewrite/moves.ts'
import { rewriteText } from '../../src/rewrite/rewrite.ts'
import type { Parser } from '../../src/sql/parser.ts'
import { schemasOf, targetOf } from './moved.ts'

const words: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  S: 'sequence',
  c: 'type',
}

/** Moves every relation of schema public into two others; what is told is where each went, with all that went along. */
export async function moveEverything(client: pg.Client): Promise<Moves> {
  const schemas = schemasOf('two')
  for (const schema of schemas)
    await client.query(`create schema ${ident(schema)}; grant all on schema ${ident(schema)} to public`)
  const { rows } = await client.query<{ oid: number; name: string; kind: string; isFollower: boolean }>(
    `select c.oid, c.relname as name, c.relkind as kind,
            c.relkind in ('i', 'I') or exists (select from pg_depend d where d.classid = 'pg_class'::regclass
              and d.objid = c.oid and d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::regclass and c.relkind = 'S') as "isFollower"
       from pg_class c where c.relnamespace = 'public'::regnamespace order by c.oid`,
  )
  for (const { name, kind, isFollower } of rows)
    if (!isFollower)
      await client.query(
        `alter ${words[kind]!} public.${ident(name)} set schema ${ident(targetOf(name, schemas))}`,
      )
  const after = await client.query<{ oid: number; target: string }>(
    `select c.oid, n.nspname as target from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($1)`,
    [schemas],
  )
  const targets = new Map(after.rows.map(({ oid, target }) => [oid, target]))
  return new Moves(
    rows.flatMap(({ oid, name }) => {
      const target = targets.get(oid)
      return target === undefined ? [] : [{ class: 'relation' as const, schema: 'public', name, target }]
    }),
  )
}

/** Rewrites the functions of the copy. */
export async function rewriteBodies(
  client: pg.Client,
  parser: Parser,
  moves: Moves,
): Promise<{ changed: number; refused: readonly string[] }> {
  const { rows } = await client.query<{ name: string; definition: string; tables: string[] }>(
    `select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition,
            array(select x::text from pg_trigger t, unnest(array[t.tgoldtable, t.tgnewtable]) x
                   where t.tgfoid = p.oid and x is not null) as tables
       from pg_proc p join pg_language l on l.oid = p.prolang
      where p.pronamespace = 'public'::regnamespace and l.lanname in ('sql', 'plpgsql')
        and p.prokind in ('f', 'p') and p.prosqlbody is null`,
  )
  await client.query('set check_function_bodies = off')
  const refused: string[] = []
  let changed = 0
  for (const { name, definition, tables } of rows) {
    await parser.ready()
    const around = surroundings(['public'], { transitions: () => new Set(tables), runsSql: 'all' })
    const found = rewriteText(parser, definition, moves, around)
    if (!found.isChanged) continue
    changed += 1
    await client
      .query(found.text)
      .catch((error: unknown) => refused.push(`${name}: ${(error as Error).message}`))
  }
  return { changed, refused }
}
