import { ident, literal, qualified } from '../pg/quoting.ts'
import type { ContentColumn } from './columns.ts'
import type { Side, TableComparison } from './compare.ts'
import type { Difference } from './difference.ts'
import { keyNames, keysCondition, keyText, type KeyColumn, type KeyValue } from './key.ts'
import { keyIn, type Place } from './place.ts'
import { contentSettings } from './row-hash.ts'
import { repairBag } from './repair-bag.ts'
import { readPlaces } from './shape.ts'
import { bySize, insertion, parts, textRow, tuples, written, type TextRow } from './text-rows.ts'

export interface RepairOptions {
  /** Only these columns: the others keep what they have, and their defaults in new rows. */
  readonly columns?: readonly string[]
}

/**
 * The statements that make the right side like the left one, in the order in which they must be run: rows that are only
 * there are deleted, changed ones updated, missing ones inserted. Values are read from the left when they are needed. Rows
 * are changed in one place only where no other unique index could stand in the way; where one could, they are deleted first
 * and inserted again, which is for a session whose `session_replication_role` is replica.
 */
export async function* repairStatements(
  left: Side,
  right: Side,
  comparison: Pick<TableComparison, 'key' | 'differences'>,
  options: RepairOptions = {},
): AsyncGenerator<string, void, undefined> {
  const { places } = await readPlaces([left, right], options.columns)
  const putBack = await contentSettings(left.session)
  try {
    const { key, differences } = comparison
    if (key === undefined) yield* repairBag(places, differences)
    else yield* repairRows(places, key, differences, await needsReplacing(right, places[1].columns, key))
  } finally {
    await putBack().catch(() => undefined)
  }
}

/** Whether a changed row could clash with another on its way, or cannot be changed in place. */
async function needsReplacing(
  { session, relation }: Side,
  columns: readonly ContentColumn[],
  key: readonly KeyColumn[],
): Promise<boolean> {
  const isKey = (name: string): boolean => key.some((column) => column.name === name)
  const isFixed = ({ name, isGenerated, isIdentityAlways }: ContentColumn): boolean =>
    isKey(name) ? isGenerated : isIdentityAlways
  if (columns.some(isFixed) || columns.every(({ name, isGenerated }) => isKey(name) || isGenerated))
    return true
  const { other } = await session.one<{ other: boolean }>(
    `select exists (select from pg_index i where i.indrelid = to_regclass($1) and (i.indisunique or i.indisexclusion)
              and not coalesce((select array_agg(a.attname::text order by k.n)
                         from unnest(i.indkey::int2[]) with ordinality k (attnum, n)
                         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum) = $2::text[], false)) as other`,
    [qualified(relation), key.map(({ name }) => name)],
  )
  return other
}

async function* repairRows(
  places: readonly [Place, Place],
  key: readonly KeyColumn[],
  differences: readonly Difference[],
  isReplaced: boolean,
): AsyncGenerator<string, void, undefined> {
  const [left, right] = places
  const of = (...kinds: Difference['kind'][]): KeyValue[] =>
    differences.filter(({ kind }) => kinds.includes(kind)).map((each) => each.key)
  for (const keys of parts(of('extra', ...(isReplaced ? (['changed'] as const) : []))))
    yield deletion(right, keyIn(right, key), keys)
  const columns = written(places)
  const others = columns.filter(({ name }) => !key.some((column) => column.name === name))
  if (!isReplaced) {
    for await (const rows of readInBatches(left, key, of('changed'), columns))
      yield update(right, keyIn(right, key), others, rows, columns)
  }
  const absent = of('missing', ...(isReplaced ? (['changed'] as const) : []))
  for await (const rows of readInBatches(left, key, absent, columns)) yield insertion(right, columns, rows)
}

/** The rows of keys, as many at a time as one statement may hold. */
async function* readInBatches(
  place: Place,
  key: readonly KeyColumn[],
  keys: readonly KeyValue[],
  columns: readonly ContentColumn[],
): AsyncGenerator<TextRow[], void, undefined> {
  const { session, relation } = place
  const own = keyIn(place, key)
  for (const part of parts(keys)) {
    const { condition, values } = keysCondition(own, part)
    const sizes = await session.query<{ key: KeyValue; bytes: number }>(
      `select ${keyText(own)} as key, octet_length(${textRow(columns)}::text) as bytes
         from ${qualified(relation)} as t where ${condition} order by ${keyNames(own)}`,
      values,
    )
    for (const batch of bySize(sizes, ({ bytes }) => bytes)) {
      const wanted = keysCondition(
        own,
        batch.map((each) => each.key),
      )
      const rows = await session.query<{ row: TextRow }>(
        `select ${textRow(columns)} as row
           from ${qualified(relation)} as t where ${wanted.condition} order by ${keyNames(own)}`,
        wanted.values,
      )
      if (rows.length > 0) yield rows.map(({ row }) => row)
    }
  }
}

function deletion({ relation }: Place, key: readonly KeyColumn[], keys: readonly KeyValue[]): string {
  const list = keys.map((value) => `(${keyLiterals(key, value)})`).join(',\n  ')
  return `delete from ${qualified(relation)} as t where (${keyNames(key)}) in (\n  ${list})`
}

function keyLiterals(key: readonly KeyColumn[], value: KeyValue): string {
  return key.map(({ type }, index) => `${literal(value[index]!)}::${type}`).join(', ')
}

function update(
  { relation }: Place,
  key: readonly KeyColumn[],
  others: readonly ContentColumn[],
  rows: readonly TextRow[],
  columns: readonly ContentColumn[],
): string {
  const set = others.map(({ name }) => `${ident(name)} = v.${ident(name)}`).join(', ')
  const where = key.map(({ name }) => `t.${ident(name)} = v.${ident(name)}`).join(' and ')
  const names = columns.map(({ name }) => ident(name)).join(', ')
  const types = columns.map(({ type }) => type)
  return `update ${qualified(relation)} as t set ${set}\n  from (values\n  ${tuples(rows, types)}) as v (${names})\n where ${where}`
}
