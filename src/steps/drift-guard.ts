import { dollarQuoted, literal, qualified, type QualifiedName } from '../pg/quoting.ts'

interface Pair {
  readonly table: QualifiedName
  readonly view: QualifiedName
  readonly relation: number
}

/**
 * Looks once more, now that nothing can change any more: is each table still the one that was planned for, and has
 * its view the same columns? Raises SQLSTATE MG002 otherwise, which ends the transaction with nothing changed.
 */
export function driftGuard(pairs: readonly Pair[]): string {
  const rows = pairs.map(
    ({ table, view, relation }) =>
      `(${literal(qualified(table))}, ${literal(qualified(view))}, ${relation}::oid)`,
  )
  const columns = (relation: string): string =>
    `(select array_agg((a.attname, a.atttypid, a.atttypmod, a.attcollation)::text order by a.attnum) from pg_attribute a ` +
    `where a.attrelid = ${relation} and a.attnum > 0 and not a.attisdropped)`
  const body = `
declare changed text;
begin
  select string_agg(p.old, ', ') into changed
    from (values ${rows.join(', ')}) p (old, other, relation)
   where to_regclass(p.old)::oid is distinct from p.relation
      or ${columns('p.relation')}
         is distinct from ${columns('to_regclass(p.other)')};
  if changed is not null then
    raise exception 'structure changed since expand: %', changed using errcode = 'MG002';
  end if;
end
`
  return `do ${dollarQuoted(body)}`
}
