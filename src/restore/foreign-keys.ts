import type { Session } from '../pg/session.ts'

/**
 * The foreign keys from and to the tables that rows break, one line each with some of these rows. Keys that were never
 * validated are left alone, and so is the part of a key that speaks of one partition it refers to.
 */
export async function brokenKeys(session: Session, tables: readonly number[]): Promise<string[]> {
  const keys = await session.query<{ name: string; from: string; to: string; orphans: string; row: string }>(
    `with family as (
       select unnest($1::oid[]) as oid
       union
       select a.relid from unnest($1::oid[]) t (oid) cross join lateral pg_partition_ancestors(t.oid) a)
     select k.conname as name, k.conrelid::regclass::text as "from", k.confrelid::regclass::text as "to",
            format('from %s c where %s and not exists (select from %s p where %s)', k.conrelid::regclass,
                   string_agg(format('c.%I is not null', f.attname), ' and ' order by u.n), k.confrelid::regclass,
                   string_agg(format('p.%I operator(%I.%s) c.%I', t.attname, o.nspname, o.oprname, f.attname), ' and ' order by u.n)) as orphans,
            string_agg(format('c.%I', f.attname), ', ' order by u.n) as row
       from pg_constraint k
       left join pg_constraint up on up.oid = k.conparentid
      cross join lateral unnest(k.conkey, k.confkey, k.conpfeqop) with ordinality u (from_column, to_column, operator, n)
       join pg_attribute f on f.attrelid = k.conrelid and f.attnum = u.from_column
       join pg_attribute t on t.attrelid = k.confrelid and t.attnum = u.to_column
       join (select op.oid, op.oprname, n.nspname from pg_operator op join pg_namespace n on n.oid = op.oprnamespace) o
         on o.oid = u.operator
      where k.contype = 'f' and k.convalidated and (up.oid is null or up.confrelid = k.confrelid)
        and (k.conrelid = any ($1::oid[]) or k.confrelid in (select oid from family))
      group by k.oid, k.conname, k.conrelid, k.confrelid
      order by 2, 1`,
    [tables],
  )
  const broken: string[] = []
  for (const { name, from, to, orphans, row } of keys) {
    const { count, some } = await session.one<{ count: string; some: string[] | null }>(
      `select count(*)::text as count, (array_agg(concat_ws(', ', ${row})))[1:5] as some ${orphans}`,
    )
    if (count === '0') continue
    broken.push(
      `${count} rows of ${from} refer to rows that ${to} would not have (${name}): ${some?.join('; ') ?? ''}`,
    )
  }
  return broken
}
