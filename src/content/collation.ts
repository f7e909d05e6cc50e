import { qualified } from '../pg/quoting.ts'
import type { KeyColumn } from './key.ts'
import { isOneDatabase, type Pair, type Place } from './place.ts'

/** Whether both sides have the rows of a key in one order: texts may be sorted by other rules, or other versions of them. */
export async function isSortedAlike(places: Pair<Place>, key: readonly KeyColumn[]): Promise<boolean> {
  if (isOneDatabase(places)) return true
  const [left, right] = await Promise.all(places.map((place) => rules(place, key)))
  return left === right
}

/** Columns of the catalogs that not every version has are read through jsonb. */
async function rules({ session, relation }: Place, key: readonly KeyColumn[]): Promise<string> {
  const { text } = await session.one<{ text: string }>(
    `select coalesce(string_agg(concat_ws(' ', a.attname,
              case when c.oid = 'pg_catalog."default"'::regcollation
                   then concat_ws(' ', d.row ->> 'datlocprovider', d.row ->> 'datcollate', d.row ->> 'daticulocale', d.row ->> 'datlocale')
                   else concat_ws(' ', c.row ->> 'collprovider', c.row ->> 'collcollate', c.row ->> 'colliculocale', c.row ->> 'colllocale',
                                  pg_collation_actual_version(c.oid)) end), ',' order by a.attname), '') as text
       from pg_attribute a
       join (select oid, to_jsonb(l) as row from pg_collation l) c on c.oid = a.attcollation
       cross join (select to_jsonb(b) as row from pg_database b where datname = current_database()) d
      where a.attrelid = to_regclass($1) and a.attname = any ($2::text[])`,
    [qualified(relation), key.map(({ name }) => name)],
  )
  return text
}
