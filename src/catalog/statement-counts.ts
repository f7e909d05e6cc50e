import { ident } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { RecordedStatement } from './recorded-statements.ts'

/** All that pg_stat_statements has counted in this database, fit to show that a statement was not used. */
export interface StatementCounts {
  readonly statements: readonly RecordedStatement[]
  /** Changes when counts are reset, lost, or given up for want of room: what was counted before says no more. */
  readonly epoch: string
  /** The role that reads. */
  readonly runner: string
}

/**
 * Reads the counts of every statement, or says why they do not cover all that clients do (manual, appendix F.32). What
 * functions run inside themselves need not be counted: before contract their text gets the new names.
 */
export async function readStatementCounts(
  session: Session,
): Promise<StatementCounts | { readonly missing: string }> {
  const schema = await usableSchema(session)
  if (typeof schema !== 'string') return schema
  const { epoch, runner } = await session.one<{ epoch: string; runner: string }>(
    `select format('%s/%s', extract(epoch from stats_reset), dealloc) as epoch, session_user::text as runner
       from ${schema}.pg_stat_statements_info`,
  )
  const rows = await session.query<RecordedStatement & { isHidden: boolean }>(
    `select coalesce(s.query, '') as sql, coalesce(r.rolname, '?') as role, sum(s.calls)::float8 as calls,
            bool_or(s.query is null or s.queryid is null) as "isHidden"
       from ${schema}.pg_stat_statements s left join pg_roles r on r.oid = s.userid
      where s.dbid = (select oid from pg_database where datname = current_database())
      group by 1, 2`,
  )
  const hidden = rows.filter(({ isHidden }) => isHidden).length
  if (hidden > 0)
    return {
      missing: `the runner may not read the text of ${hidden === 1 ? 'a statement' : `${hidden} statements`}`,
    }
  return { statements: rows.map(({ sql, role, calls }) => ({ sql, role, calls })), epoch, runner }
}

/** Why pg_stat_statements would not see every statement, or nothing. */
export async function whyStatementsAreNotCounted(session: Session): Promise<string | undefined> {
  const counts = await readStatementCounts(session)
  return 'missing' in counts ? counts.missing : undefined
}

async function usableSchema(session: Session): Promise<string | { readonly missing: string }> {
  const [found] = await session.query<{
    schema: string
    isLoaded: boolean
    mayUse: boolean
    hasInfo: boolean
    isTracking: boolean
    mayReadAll: boolean
  }>(
    `select n.nspname as schema, current_setting('pg_stat_statements.max', true) is not null as "isLoaded",
            has_schema_privilege(n.oid, 'USAGE') as "mayUse",
            exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'pg_stat_statements_info') as "hasInfo",
            coalesce(current_setting('pg_stat_statements.track', true), 'none') <> 'none'
            and not exists (
              select from pg_db_role_setting s cross join unnest(s.setconfig) c
               where c ~* '^pg_stat_statements[.]track=none$'
                 and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))) as "isTracking",
            pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') as "mayReadAll"
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname = 'pg_stat_statements'`,
  )
  if (found === undefined) return { missing: 'pg_stat_statements is not installed in this database' }
  if (!found.isLoaded) return { missing: 'pg_stat_statements is not in shared_preload_libraries' }
  if (!found.mayUse) return { missing: `the runner may not use schema ${found.schema}` }
  if (!found.hasInfo)
    return { missing: 'pg_stat_statements is older than 1.9: alter extension pg_stat_statements update' }
  if (!found.isTracking) return { missing: 'pg_stat_statements.track is none, for all or for some roles' }
  if (!found.mayReadAll) return { missing: 'the runner is no member of pg_read_all_stats' }
  return ident(found.schema)
}
