import type { Session } from '../pg/session.ts'
import { defaultText } from './columns.ts'

/** One property of a table in words that do not depend on the schema it is in. */
interface Line {
  readonly relation: number
  readonly line: string
}

/**
 * What a table is: columns, constraints, indexes, triggers, privileges, policies, statistics, comments. Two readings
 * of the same table, before and after a move, are equal when nothing was lost on the way. Other relations appear by
 * OID or by bare name, since their schemas may change too.
 */
export async function readParity(session: Session, oids: readonly number[]): Promise<Map<number, string[]>> {
  const rows = await session.query<Line>(parityQuery, [oids])
  const lines = new Map<number, string[]>(oids.map((oid) => [oid, []]))
  for (const { relation, line } of rows) lines.get(relation)?.push(line)
  return lines
}

/** An expression may name tables, functions and types whose schemas change; the objects themselves are seen by their OIDs. */
const unqualified = (expression: string): string =>
  `regexp_replace(${expression}, '(^|[^[:alnum:]_$"])("([^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*)\\.(?=[[:alpha:]_"])', '\\1', 'g')`

const parityQuery = `
  with c as materialized (
    select c.oid, c.relname, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence, c.relreplident, c.reloptions, c.relkind,
           c.relispartition, c.relpartbound, c.relacl, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = any($1::oid[])),
  lines as (
    select c.oid as relation, format('owner %s', pg_get_userbyid(c.relowner)) as line from c
    union all select c.oid, format('row security %s%s', c.relrowsecurity, case when c.relforcerowsecurity then ', forced' else '' end) from c
    union all select c.oid, format('persistence %s, replica identity %s, options %s', c.relpersistence, c.relreplident, c.reloptions) from c
    union all select c.oid, format('column %s %s (type %s)%s%s%s%s', a.attname, regexp_replace(format_type(a.atttypid, a.atttypmod), '^.*\\.', ''), a.atttypid,
        case when a.attnotnull then ' not null' else '' end,
        case when a.attidentity <> '' then ' identity ' || a.attidentity::text else '' end,
        case when a.attgenerated <> '' then ' generated ' || a.attgenerated::text else '' end,
        case when a.attcollation <> 0 then ' collation ' || a.attcollation else '' end)
      from c join pg_attribute a on a.attrelid = c.oid where a.attnum > 0 and not a.attisdropped
    union all select c.oid, format('default of %s: %s', a.attname,
        regexp_replace(${unqualified(defaultText)}, '''([^'']*\\.)?([^''.]+)''::regclass', '''\\2''::regclass', 'g'))
      from c join pg_attrdef d on d.adrelid = c.oid join pg_attribute a on a.attrelid = c.oid and a.attnum = d.adnum
    union all select c.oid, format('constraint %s %s %s%s', k.conname, k.contype,
        case when k.contype = 'f' then format('columns %s to %s %s match %s on delete %s update %s%s%s', k.conkey, k.confrelid, k.confkey,
          k.confmatchtype, k.confdeltype, k.confupdtype, case when k.condeferrable then ' deferrable' else '' end,
          case when k.condeferred then ' deferred' else '' end)
        else ${unqualified('pg_get_constraintdef(k.oid)')} end, case when k.convalidated then '' else ' not validated' end)
      from c join pg_constraint k on k.conrelid = c.oid where k.contype <> 'n'
    union all select c.oid, format('index %s %s%s', i.relname, ${unqualified(`split_part(pg_get_indexdef(x.indexrelid), ' USING ', 2)`)},
        format(' unique %s primary %s valid %s ready %s', x.indisunique, x.indisprimary, x.indisvalid, x.indisready))
      from c join pg_index x on x.indrelid = c.oid join pg_class i on i.oid = x.indexrelid
    union all select c.oid, format('trigger %s function %s type %s enabled %s %s', t.tgname, t.tgfoid, t.tgtype, t.tgenabled, ${unqualified(`substring(pg_get_triggerdef(t.oid) from ' WHEN \\(.*\\) EXECUTE ')`)})
      from c join pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal
    union all select c.oid, format('policy %s %s %s roles %s using %s check %s', p.polname, p.polcmd, p.polpermissive, p.polroles,
        ${unqualified('pg_get_expr(p.polqual, p.polrelid)')}, ${unqualified('pg_get_expr(p.polwithcheck, p.polrelid)')})
      from c join pg_policy p on p.polrelid = c.oid
    union all select c.oid, format('rule %s', r.rulename) from c join pg_rewrite r on r.ev_class = c.oid
    union all select c.oid, format('statistics %s %s', s.stxname, s.stxkeys) from c join pg_statistic_ext s on s.stxrelid = c.oid
    union all select c.oid, format('inherits %s', i.inhparent) from c join pg_inherits i on i.inhrelid = c.oid
    union all select c.oid, format('partition key %s', pg_get_partkeydef(c.oid)) from c where c.relkind = 'p'
    union all select c.oid, format('partition bound %s', pg_get_expr(c.relpartbound, c.oid)) from c where c.relispartition
    union all select c.oid, format('grant %s to %s%s', x.privilege_type, case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee) end,
        case when x.is_grantable then ' with grant option' else '' end)
      from c cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    union all select c.oid, format('grant %s (%s) to %s%s', x.privilege_type, a.attname,
        case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee) end, case when x.is_grantable then ' with grant option' else '' end)
      from c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped cross join lateral aclexplode(a.attacl) x
    union all select c.oid, format('comment %s: %s', d.objsubid, d.description)
      from c join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid)
  select relation, line from lines where line is not null order by relation, line collate "C"`
