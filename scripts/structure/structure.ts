import { Client } from 'pg'
import * as behaviour from './parts/behaviour.ts'
import * as database from './parts/database.ts'
import type { Part } from './parts/part.ts'
import * as relations from './parts/relations.ts'
import * as types from './parts/types.ts'
import { readRows } from './rows.ts'

export interface Extent {
  /** Rows and positions of sequences too. */
  readonly rows?: boolean
  /** A schema that is left out with everything in it. */
  readonly except?: string
}

/**
 * What there is in a database, read from its catalogs by a superuser: a line for each object, sorted. Two databases with the
 * same text have the same structure. Takes the place of pg_dump where there is none for the server's version.
 */
export async function structureOf(url: string, extent: Extent = {}): Promise<string> {
  const { rows = false, except = '' } = extent
  const client = new Client({ connectionString: url, application_name: 'structure' })
  await client.connect()
  try {
    await client.query(begin)
    const major = Math.floor(
      Number(
        (await client.query<{ v: string }>(`select current_setting('server_version_num') as v`)).rows[0]?.v,
      ) / 10_000,
    )
    const lines: string[] = []
    for (const part of parts) {
      const found = await client.query<{ line: string }>(
        `select line from (${part({ major })}) o (schema, line) where schema is distinct from $1`,
        [except],
      )
      lines.push(...found.rows.map(({ line }) => line))
    }
    lines.sort()
    return [...lines, ...(rows ? await readRows(client, except) : [])].join('\n') + '\n'
  } finally {
    await client.end()
  }
}

/** One state of everything; and values and names written in one way, whatever the database is set to. */
const begin = `
  begin isolation level repeatable read read only;
  set local search_path = '';
  set local timezone = 'UTC';
  set local datestyle = 'ISO';
  set local intervalstyle = 'postgres';
  set local extra_float_digits = 3`

const parts: readonly Part[] = [
  ...Object.values(database),
  ...Object.values(relations),
  ...Object.values(behaviour),
  ...Object.values(types),
]
