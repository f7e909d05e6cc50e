import type { Client } from 'pg'

/** One query for many tables saves round trips, but a server does not take a query of any size. */
const TABLES_AT_ONCE = 100

/** The rows of every table, sorted, and the position of every sequence as pg_dump writes it. */
export async function readRows(client: Client, except: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; kind: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name, c.relkind as kind
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'S') and c.relpersistence <> 't'
        and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> $1
      order by 1`,
    [except],
  )
  const lines: string[] = []
  for (let at = 0; at < rows.length; at += TABLES_AT_ONCE) {
    const queries = rows.slice(at, at + TABLES_AT_ONCE).map(({ name, kind }) => queryOf(name, kind))
    const found = await client.query<{ line: string }>(
      `select line from (${queries.join(' union all ')}) all_of_them order by line collate "C"`,
    )
    lines.push(...found.rows.map(({ line }) => line))
  }
  return lines
}

function queryOf(name: string, kind: string): string {
  const text = `'${name.replaceAll("'", "''")}'`
  return kind === 'S'
    ? `select format('SELECT pg_catalog.setval(%L, %s, %s);', ${text}, last_value, is_called) as line from ${name}`
    : `select format('row of %s | %s', ${text}, x::text) as line from only ${name} x`
}
