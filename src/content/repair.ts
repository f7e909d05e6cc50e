import { ident, literal, qualified } from '../pg/quoting.ts'
import type { ContentColumn } from './columns.ts'
import type { Side, TableComparison } from './compare.ts'
import type { Difference } from './difference.ts'
import { keyNames, type KeyColumn, type KeyValue } from './key.ts'
import { keysCondition, type Place } from './place.ts'
import { contentSettings, rowHash } from './row-hash.ts'
import { readPlaces } from './shape.ts'

/** How many rows one statement puts right. */
const together = 200

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
  if (columns.some(({ name, isIdentityAlways }) => isIdentityAlways && !isKey(name))) return true
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
    yield deletion(right, key, keys)
  const columns = written(places)
  const others = columns.filter(({ name }) => !key.some((column) => column.name === name))
  if (!isReplaced) {
    for (const keys of parts(of('changed'))) {
      const rows = await readRows(left, key, keys, columns)
      if (rows.length > 0) yield update(right, key, others, rows, columns)
    }
  }
  for (const keys of parts(of('missing', ...(isReplaced ? (['changed'] as const) : [])))) {
    const rows = await readRows(left, key, keys, columns)
    if (rows.length > 0) yield insertion(right, columns, rows)
  }
}

/** The columns that can be written: a generated one follows from the others. */
function written([left, right]: readonly [Place, Place]): ContentColumn[] {
  return right.columns.filter(
    ({ name, isGenerated }) => !isGenerated && left.columns.some((column) => column.name === name),
  )
}

type TextRow = readonly (string | null)[]

async function readRows(
  { session, relation }: Place,
  key: readonly KeyColumn[],
  keys: readonly KeyValue[],
  columns: readonly ContentColumn[],
): Promise<TextRow[]> {
  const { condition, values } = keysCondition(key, keys)
  const rows = await session.query<{ row: TextRow }>(
    `select array[${columns.map(textOf).join(', ')}]::text[] as row
       from ${qualified(relation)} as t where ${condition} order by ${keyNames(key)}`,
    values,
  )
  return rows.map(({ row }) => row)
}

/** A cast from char(n) to text takes blanks away that belong to the value. */
function textOf({ name, type }: ContentColumn): string {
  return type === 'bpchar' ? `concat(t.${ident(name)})` : `t.${ident(name)}::text`
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
  const set = others.map(({ name, type }) => `${ident(name)} = v.${ident(name)}::${type}`).join(', ')
  const where = key.map(({ name, type }) => `t.${ident(name)} = v.${ident(name)}::${type}`).join(' and ')
  const names = columns.map(({ name }) => ident(name)).join(', ')
  return `update ${qualified(relation)} as t set ${set}\n  from (values\n  ${tuples(rows)}) as v (${names})\n where ${where}`
}

function insertion({ relation }: Place, columns: readonly ContentColumn[], rows: readonly TextRow[]): string {
  const names = columns.map(({ name }) => ident(name)).join(', ')
  return `insert into ${qualified(relation)} (${names}) overriding system value values\n  ${tuples(rows)}`
}

function tuples(rows: readonly TextRow[]): string {
  // Typed as text even where every value is null, so that a cast can follow; an INSERT takes unknown literals as they are.
  return rows
    .map((row) => `(${row.map((value) => (value === null ? 'null' : literal(value))).join(', ')})`)
    .join(',\n  ')
}

/** Of rows that nothing tells apart so many are deleted or inserted as there are too many or too few. */
async function* repairBag(
  places: readonly [Place, Place],
  differences: readonly Difference[],
): AsyncGenerator<string, void, undefined> {
  const [left, right] = places
  const of = (kind: Difference['kind']): Difference[] => differences.filter((each) => each.kind === kind)
  for (const part of parts(of('extra'))) yield bagDeletion(right, part)
  const columns = written(places)
  for (const part of parts(of('missing'))) {
    const rows = await readByHash(left, part, columns)
    const copies = part.flatMap(({ key, copies: count }) => {
      const row = rows.get(key[0]!)
      return row === undefined ? [] : Array.from({ length: count! }, () => row)
    })
    if (copies.length > 0) yield insertion(right, columns, copies)
  }
}

function bagDeletion({ relation, columns, encoding }: Place, extra: readonly Difference[]): string {
  const list = extra.map(({ key, copies }) => `(${key[0]!}::bigint, ${copies!})`).join(',\n  ')
  const target = qualified(relation)
  return `delete from ${target} as d using (
  select t.tableoid, t.ctid, h.hash, row_number() over (partition by h.hash) as n
    from ${target} as t cross join lateral (select ${rowHash(columns, encoding)} as hash) h) as r
  join (values
  ${list}) as v (hash, copies) on r.hash = v.hash and r.n <= v.copies
 where d.tableoid = r.tableoid and d.ctid = r.ctid`
}

async function readByHash(
  { session, relation, columns, encoding }: Place,
  differences: readonly Difference[],
  wanted: readonly ContentColumn[],
): Promise<Map<string, TextRow>> {
  const rows = await session.query<{ hash: string; row: TextRow }>(
    `select distinct on (h.hash) h.hash::text as hash, array[${wanted.map(textOf).join(', ')}]::text[] as row
       from ${qualified(relation)} as t cross join lateral (select ${rowHash(columns, encoding)} as hash) h
      where h.hash = any ($1::text[]::bigint[]) order by h.hash`,
    [differences.map(({ key }) => key[0])],
  )
  return new Map(rows.map(({ hash, row }) => [hash, row]))
}

function parts<T>(all: readonly T[]): T[][] {
  const result: T[][] = []
  for (let from = 0; from < all.length; from += together) result.push(all.slice(from, from + together))
  return result
}
