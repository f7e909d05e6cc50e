import type { Session } from '../pg/session.ts'
import { journalSchema as schema } from './names.ts'
import { startedAt, withoutOwn, type Seen } from './own-sessions.ts'

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
  const found = await session.query<Seen & { readonly role: string; readonly line: string }>(
    `select a.pid, ${startedAt('a')}, a.usename as role, a.application_name as application,
            format('pid %s "%s" since %s', a.pid, a.application_name, date_trunc('second', a.backend_start)) as line
       from pg_stat_activity a
      cross join (select max(s.ended_at) as at from ${schema}.steps s join ${schema}.runs r on r.id = s.run
                   where r.plan = $1 and r.state = 'active' and s.kind = 'set-path' and s.state = 'done') path
      where a.datname = current_database() and a.backend_type = 'client backend' and a.backend_start < path.at + interval '1 second'
        and (a.usename = any($2::text[]) or $3)
      order by a.usename, a.backend_start`,
    [plan, roles, isWholeDatabase],
  )
  const clients = await withoutOwn(session, found)
  return [...new Set(clients.map(({ role }) => role))].map((role) => ({
    role,
    sessions: clients.filter((client) => client.role === role).map(({ line }) => line),
  }))
}
