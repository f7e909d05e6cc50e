import type { Client } from 'pg'
import { heal7SearchPath, heal7Tables } from '../heal7/tables.ts'

/** In how many schemas the tables themselves (not views in their name) are: schema → number of tables. */
export async function homes(client: Client): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ schema: string; tables: number }>(
    `select n.nspname as schema, count(*)::int as tables
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition and c.relname = any($1) and n.nspname = any($2)
      group by 1 order by 1`,
    [heal7Tables.map(({ name }) => name), heal7SearchPath],
  )
  return new Map(rows.map(({ schema, tables }) => [schema, tables]))
}

/** The same in a line. */
export async function homesInWords(client: Client): Promise<string> {
  const list = [...(await homes(client))].map(([schema, tables]) => `${schema} ${tables}`)
  return `tables by schema: ${list.join(', ')}`
}

/** The old names, of those that a service claims, that still mean something. */
export async function oldNamesLeft(client: Client): Promise<string[]> {
  const claimed = heal7Tables.flatMap(({ name, service }) => (service ? [name] : []))
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_catalog.pg_class c
      where c.relnamespace = 'public'::pg_catalog.regnamespace and c.relname = any($1) order by 1`,
    [claimed],
  )
  return rows.map(({ name }) => name)
}
