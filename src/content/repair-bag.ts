import { qualified } from '../pg/quoting.ts'
import type { ContentColumn } from './columns.ts'
import type { Difference } from './difference.ts'
import type { Place } from './place.ts'
import { rowHash } from './row-hash.ts'
import { bySize, insertion, parts, textRow, written, type TextRow } from './text-rows.ts'

/** Of rows that nothing tells apart so many are deleted or inserted as there are too many or too few. */
export async function* repairBag(
  places: readonly [Place, Place],
  differences: readonly Difference[],
): AsyncGenerator<string, void, undefined> {
  const [left, right] = places
  const of = (kind: Difference['kind']): Difference[] => differences.filter((each) => each.kind === kind)
  for (const part of parts(of('extra'))) yield bagDeletion(right, part)
  const columns = written(places)
  for (const part of parts(of('missing'))) {
    const sizes = await hashSizes(left, part, columns)
    const copies = part.flatMap((each) =>
      Array.from({ length: each.copies! }, () => ({ each, bytes: sizes.get(each.key[0]!) ?? 0 })),
    )
    for (const batch of bySize(copies, ({ bytes }) => bytes)) {
      const rows = await readByHash(left, [...new Set(batch.map(({ each }) => each))], columns)
      const found = batch.flatMap(({ each }) => {
        const row = rows.get(each.key[0]!)
        return row === undefined ? [] : [row]
      })
      if (found.length > 0) yield insertion(right, columns, found)
    }
  }
}

async function hashSizes(
  { session, relation, columns, encoding }: Place,
  differences: readonly Difference[],
  wanted: readonly ContentColumn[],
): Promise<Map<string, number>> {
  const rows = await session.query<{ hash: string; bytes: number }>(
    `select h.hash::text as hash, max(octet_length(${textRow(wanted)}::text)) as bytes
       from ${qualified(relation)} as t cross join lateral (select ${rowHash(columns, encoding)} as hash) h
      where h.hash = any ($1::text[]::bigint[]) group by 1`,
    [differences.map(({ key }) => key[0])],
  )
  return new Map(rows.map(({ hash, bytes }) => [hash, bytes]))
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
    `select distinct on (h.hash) h.hash::text as hash, ${textRow(wanted)} as row
       from ${qualified(relation)} as t cross join lateral (select ${rowHash(columns, encoding)} as hash) h
      where h.hash = any ($1::text[]::bigint[]) order by h.hash`,
    [differences.map(({ key }) => key[0])],
  )
  return new Map(rows.map(({ hash, row }) => [hash, row]))
}
