import { literal } from './quoting.ts'

/** The schema of the journal, where the tool's sessions are entered. */
export const journalSchema = 'migrate'

/** Begins the application name of every session of the tool; others may bear such a name too. */
export const ownPrefix = 'migrate/'

/** A backend of the server: a process id alone is given again to others. */
export interface Backend {
  readonly pid: number
  /** When it started, in UTC with all its digits; a Date would lose some. */
  readonly startedAt: string
}

/** A column of time as `Backend` has it. */
export function startText(column: string): string {
  return `pg_catalog.to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`
}

/**
 * Tells the session its backend, and whether there is a register that it may be entered in: one that belongs to its own
 * role or to a superuser, since what others own could run code of theirs.
 */
export const readOwnBackend = `
  select a.pid, ${startText('a.backend_start')} as "startedAt",
         exists (select from pg_catalog.pg_class c
                   join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                   join pg_catalog.pg_roles o on o.oid = c.relowner
                  where n.nspname = ${literal(journalSchema)} and c.relname = 'sessions' and c.relkind = 'r'
                    and (o.rolname = current_user or o.rolsuper)
                    and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                    and pg_catalog.has_table_privilege(c.oid, 'INSERT, DELETE')
                    and not pg_catalog.pg_is_in_recovery()) as "mayEnter"
    from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a`

/** Enters backends in the register; takes out those that ended over an hour ago, whose traces nobody looks at any more. */
export function enterBackends(backends: readonly Backend[]): string {
  const rows = backends.map(({ pid, startedAt }) => `(${pid}, ${literal(startedAt)}::pg_catalog.timestamptz)`)
  return `begin read write;
    set local lock_timeout = '2s';
    insert into ${journalSchema}.sessions (pid, backend_start) values ${rows.join(', ')} on conflict do nothing;
    delete from ${journalSchema}.sessions s
     where s.entered_at < pg_catalog.now() - interval '1 hour'
       and not exists (select from pg_catalog.pg_stat_activity a
                        where a.pid = s.pid and coalesce(a.backend_start, s.backend_start) = s.backend_start);
    commit`
}
