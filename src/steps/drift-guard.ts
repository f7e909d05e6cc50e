import { columnsDiffer, differences } from '../catalog/difference.ts'
import { dollarQuoted, literal, qualified, type QualifiedName } from '../pg/quoting.ts'

interface Pair {
  readonly table: QualifiedName
  readonly view: QualifiedName
  readonly relation: number
}

/**
 * Looks once more, now that nothing can change any more: is each table still the one that was planned for, and its
 * view its equal? On the way back only the columns matter: what was granted by one name since must not hold it up.
 * Raises SQLSTATE MG002 otherwise, which ends the transaction with nothing changed.
 */
export function driftGuard(pairs: readonly Pair[], direction: 'forward' | 'back'): string {
  const rows = pairs.map(
    ({ table, view, relation }) =>
      `(${literal(qualified(table))}, ${literal(qualified(view))}, ${relation}::oid)`,
  )
  const [relation, view] = ['p.relation', 'to_regclass(p.other)::oid']
  const differing =
    direction === 'forward'
      ? differences(relation, view)
      : `case when ${columnsDiffer(relation, view)} then array['columns'] else '{}' end`
  const body = `
declare changed text;
begin
  select string_agg(format('%s (%s)', q.old, array_to_string(q.what, ', ')), '; ') into changed
    from (select p.old, case when to_regclass(p.old)::oid is distinct from p.relation then array['replaced']
                             else ${differing} end as what
            from (values ${rows.join(', ')}) p (old, other, relation)) q
   where q.what <> '{}';
  if changed is not null then
    raise exception 'structure changed since expand: %', changed using errcode = 'MG002';
  end if;
end
`
  return `do ${dollarQuoted(body)}`
}
