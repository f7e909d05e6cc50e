import { escapeIdentifier, type Client } from 'pg'
import type { Ledger } from '../load/ledger.ts'
import { type Heal7Table, heal7Tables } from './tables.ts'

/** How a table is reached at the moment: by its old name, or by its new one. */
export type Locate = (table: string) => string

/** What is known of one table's built rows: where they end, how many there are, and what is in them. */
export interface BuiltRows {
  table: Heal7Table
  /** The highest value of the table's order; traffic adds only beyond it. */
  last: string
  count: number
  checksum: string
}

/** Reads the rows of a database that was just built. */
export async function readBuiltRows(client: Client, locate: Locate): Promise<BuiltRows[]> {
  const all: BuiltRows[] = []
  for (const table of heal7Tables) {
    const { rows } = await client.query<{ last: string }>(
      `select max(${table.order})::text as last from ${locate(table.name)}`,
    )
    const last = rows[0]?.last ?? ''
    all.push({ table, last, ...(await fingerprint(client, table, last, locate)) })
  }
  return all
}

/** Compares the built rows with what is there now; right at any time, under any traffic. One sentence a difference. */
export async function compareBuiltRows(
  client: Client,
  built: readonly BuiltRows[],
  locate: Locate,
): Promise<string[]> {
  const differences: string[] = []
  for (const { table, last, count, checksum } of built) {
    const now = await fingerprint(client, table, last, locate)
    if (now.count !== count) differences.push(`${table.name}: ${now.count} built rows instead of ${count}`)
    else if (now.checksum !== checksum) differences.push(`${table.name}: the content of built rows differs`)
  }
  return differences
}

/**
 * Compares the number of all rows with what the ledger promises, without traffic: a row lost by a trigger, or
 * written twice, shows here.
 */
export async function compareRowCounts(
  client: Client,
  built: readonly BuiltRows[],
  ledger: Ledger,
  locate: Locate,
): Promise<{ rows: number; differences: string[] }> {
  const differences: string[] = []
  let rows = 0
  for (const { table, count } of built) {
    const answer = await client.query<{ count: string }>(`select count(*) from ${locate(table.name)}`)
    const now = Number(answer.rows[0]?.count)
    rows += now
    const added = additions(table, ledger)
    if (added && (now < count + added.least || now > count + added.most)) {
      differences.push(`${table.name}: ${now} rows, expected ${count} and ${added.least} more`)
    }
  }
  return { rows, differences }
}

function additions(table: Heal7Table, ledger: Ledger): { least: number; most: number } | undefined {
  if (table.follows === 'uncounted') return undefined
  const source = table.follows?.table ?? table.name
  const times = table.follows?.times ?? 1
  const column = heal7Tables.find(({ name }) => name === source)?.token
  if (column === undefined) return { least: 0, most: 0 }
  const place = { table: source, column }
  const least = ledger.count(place, 'present')
  return { least: least * times, most: (least + ledger.count(place, 'unknown')) * times }
}

/** The sum of the rows' hashes does not depend on their order, so nothing has to be sorted. */
async function fingerprint(
  client: Client,
  table: Heal7Table,
  last: string,
  locate: Locate,
): Promise<{ count: number; checksum: string }> {
  const name = locate(table.name)
  const columns = await client.query<{ column: string }>(
    `select attname as column from pg_catalog.pg_attribute
      where attrelid = $1::pg_catalog.regclass and attnum > 0 and not attisdropped order by attnum`,
    [name],
  )
  const steady = columns.rows.map(({ column }) => column).filter((each) => !table.volatile?.includes(each))
  const { rows } = await client.query<{ count: string; checksum: string }>(
    `select count(*), coalesce(sum(hashtextextended(row(${steady.map(escapeIdentifier).join(', ')})::text, 0)), 0)::text
            as checksum
       from ${name} where ${table.order} <= $1`,
    [last],
  )
  return { count: Number(rows[0]?.count), checksum: rows[0]?.checksum ?? '' }
}
