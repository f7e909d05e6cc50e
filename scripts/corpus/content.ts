import type { Client } from 'pg'
import pg from 'pg'
import type { RowsExpectation } from './folder.ts'
import { kindAt, placesOf, type Place, type Watched } from './catalog.ts'
import type { Difference } from './report.ts'

/** How far the move has come, as far as it concerns the two names of a table. */
export interface Stand {
  /** The services whose tables are in their new schema. */
  readonly moved: ReadonlySet<string>
  /** Do both names work? */
  readonly hasBothNames: boolean
}

/**
 * Compares rows, as counted and summed when the corpus was made, with what each name shows; and where the tables are
 * with where they should be. The client has an empty search_path, as the checksums were made with.
 */
export async function compareContent(
  client: Client,
  watched: readonly Watched[],
  stand: Stand,
): Promise<{ differences: Difference[]; compared: number }> {
  const differences: Difference[] = []
  let compared = 0
  const places = await placesOf(
    client,
    watched.map(({ oid }) => oid),
  )
  for (const each of watched) {
    const place = places.get(each.oid)
    const { home, other } = namesOf(each, stand)
    if (place === undefined || place.schema !== home.schema || place.name !== home.name) {
      const got = place === undefined ? 'it is gone' : spell(place)
      differences.push({ step: `where ${each.key} is`, expected: spell(home), got })
      if (place === undefined) continue
    }
    if (other !== undefined) {
      const kind = await kindAt(client, other)
      const expected = stand.hasBothNames ? 'a view' : 'nothing'
      const got = kind === undefined ? 'nothing' : kind === 'v' ? 'a view' : `a relation of kind ${kind}`
      if (got !== expected) differences.push({ step: `what ${spell(other)} is`, expected, got })
    }
    if (each.expected === undefined) continue
    const sources = [`only ${spell(place)}`]
    // The view on a table with children shows their rows as well; there is no number to compare that with.
    if (other !== undefined && stand.hasBothNames && !each.hasChildren) sources.push(spell(other))
    for (const source of sources) {
      const got = await measure(client, source)
      compared += 1
      if (inWords(got) === inWords(each.expected)) continue
      differences.push({ step: `rows of ${source}`, expected: inWords(each.expected), got: inWords(got) })
    }
  }
  return { differences, compared }
}

/** Where a table itself should be, and its other name if it moves. */
function namesOf(
  { key, name, service }: Watched,
  { moved }: Stand,
): { home: Place; other: Place | undefined } {
  const old = { schema: key.slice(0, -name.length - 1), name }
  if (service === undefined) return { home: old, other: undefined }
  const fresh = { schema: service, name }
  return moved.has(service) ? { home: fresh, other: old } : { home: old, other: fresh }
}

async function measure(client: Client, source: string): Promise<RowsExpectation | string> {
  try {
    const { rows } = await client.query<{ count: string; checksum: string | null }>(
      `select count(*) as count, md5(string_agg(x::text, E'\\n' order by x::text collate "C")) as checksum
         from ${source} x`,
    )
    return { count: Number(rows[0]!.count), checksum: rows[0]!.checksum }
  } catch (error) {
    if (error instanceof pg.DatabaseError) return `${error.code}: ${error.message}`
    throw error
  }
}

function inWords(found: RowsExpectation | string): string {
  return typeof found === 'string' ? found : `${found.count} rows, ${found.checksum}`
}

function spell({ schema, name }: Place): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`
}
