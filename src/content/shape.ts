import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/quoting.ts'
import { nameKey, readColumns, type ContentColumn } from './columns.ts'
import type { Pair, Place, Side } from './place.ts'
import { readEncoding } from './row-hash.ts'

/** In what two tables cannot be compared row by row; empty when they can. */
export type ShapeDifferences = readonly string[]

/**
 * Reads what is to be compared of both sides.
 * @param only names of the columns to compare; all of them without it
 * @throws MigrateError `table-not-found`
 */
export async function readPlaces(
  sides: Pair<Side>,
  only: readonly string[] | undefined,
): Promise<{ places: Pair<Place>; shape: ShapeDifferences }> {
  const places = [await readPlace(sides[0], only), await readPlace(sides[1], only)] as const
  return { places, shape: shapeDifferences(places) }
}

async function readPlace(side: Side, only: readonly string[] | undefined): Promise<Place> {
  const columns = (await readColumns(side.session, [side.relation])).get(nameKey(side.relation))
  if (columns === undefined)
    throw new MigrateError(
      'table-not-found',
      `${qualified(side.relation)} does not exist in database "${side.session.target.alias}"`,
    )
  return {
    ...side,
    columns: columns.filter(({ name }) => only?.includes(name) ?? true),
    encoding: await readEncoding(side.session),
  }
}

function shapeDifferences([left, right]: Pair<Place>): string[] {
  const types = (place: Place): Map<string, ContentColumn> =>
    new Map(place.columns.map((column) => [column.name, column]))
  const [ours, theirs] = [types(left), types(right)]
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].sort()
  return names.flatMap((name) => {
    const [one, other] = [ours.get(name), theirs.get(name)]
    if (one === undefined) return [`column ${name} is only in ${where(right)}`]
    if (other === undefined) return [`column ${name} is only in ${where(left)}`]
    // A type of the user's may be in another schema there: its values are compared as text.
    const differs = one.isBuiltIn || other.isBuiltIn ? one.type !== other.type : false
    return differs
      ? [`column ${name} is ${one.declared} in ${where(left)} and ${other.declared} in ${where(right)}`]
      : []
  })
}

function where({ session, relation }: Side): string {
  return `${qualified(relation)} of database "${session.target.alias}"`
}
