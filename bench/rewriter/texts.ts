/** Statements as services send them, by their length. */
export const moving = Array.from({ length: 200 }, (_, n) => `table_${n}`)

const columns = Array.from({ length: 8 }, (_, n) => `t.column_${n}`).join(', ')

/** 40 bytes. */
const tiny = 'select a, b from table_1 where id = $1 ;'

/** About 500 bytes. */
const medium = `
  select ${columns}, count(o.id) as orders, coalesce(sum(o.total), 0) as total
    from table_1 t
    left join table_2 o on o.user_id = t.id and o.state <> 'cancelled'
   where t.email ilike $1 and t.created_at between $2 and $3
     and exists (select 1 from table_3 s where s.user_id = t.id and s.is_open)
   group by t.id having count(o.id) > $4
   order by total desc, t.id limit $5 offset $6`

/** 15 kB of common table expressions. */
const large = `with ${Array.from(
  { length: 30 },
  (_, n) => `part_${n} as (${medium.replaceAll('table_1', `table_${n + 1}`).trim()})`,
).join(',\n')} select * from part_0, part_1, table_150`

/** 37 kB of rows. */
const rows = `insert into table_7 (id, name, at) values ${Array.from(
  { length: 1_000 },
  (_, n) => `(${n}, 'name ${n}', '2026-01-${String((n % 28) + 1).padStart(2, '0')}')`,
).join(', ')}`

export const texts: Readonly<Record<string, string>> = {
  '40 B': tiny,
  '500 B': medium,
  '500 B, Korean': `/* 사용자의 주문을 찾는다 */ ${medium.replace('cancelled', '취소됨')}`,
  '15 kB, 30 CTEs': large,
  '40 kB, 1,000 rows': rows,
}

export const untouched = medium.replaceAll(/table_(\d)/g, 'other_$1')
