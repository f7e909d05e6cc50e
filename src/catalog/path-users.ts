import type { Session } from '../pg/session.ts'
import { journalSchema as schema } from './names.ts'

/** Relations of other schemas on the path that have the name of a table which will be found by its name alone. */
export async function readShadows(
  session: Session,
  tables: readonly { readonly relation: number; readonly name: string }[],
  schemas: readonly string[],
  facades: readonly number[],
): Promise<{ relation: number; other: string }[]> {
  return session.query(
    `select (t->>'relation')::oid as relation, format('%I.%I', n.nspname, c.relname) as other
       from jsonb_array_elements($1::jsonb) t
       join pg_class c on c.relname = t->>'name' and c.oid <> (t->>'relation')::oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
       join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($2::text[]) and c.oid <> all($3::oid[])
      order by 1, 2`,
    [JSON.stringify(tables), schemas, facades],
  )
}

/**
 * Sessions that began before the plan set search_path for their role, and so have the old one. The journal's row is
 * written first in the transaction of the change, so that a session may have begun a moment after it and before the commit.
 */
export async function readStaleSessions(
  session: Session,
  plan: string,
  roles: readonly string[],
  isWholeDatabase: boolean,
): Promise<{ role: string; sessions: string[] }[]> {
  const { journal } = await session.one<{ journal: boolean }>(
    `select to_regclass($1) is not null as journal`,
    [`${schema}.steps`],
  )
  if (!journal) return []
  return session.query(
    `select a.usename as role,
            array_agg(format('pid %s "%s" since %s', a.pid, a.application_name, date_trunc('second', a.backend_start))
                      order by a.backend_start) as sessions
       from pg_stat_activity a
      cross join (select max(s.ended_at) as at from ${schema}.steps s join ${schema}.runs r on r.id = s.run
                   where r.plan = $1 and r.state = 'active' and s.kind = 'set-path' and s.state = 'done') path
      where a.datname = current_database() and a.backend_type = 'client backend' and a.backend_start < path.at + interval '1 second'
        and a.application_name not like 'migrate/%' and (a.usename = any($2::text[]) or $3)
      group by 1 order by 1`,
    [plan, roles, isWholeDatabase],
  )
}
