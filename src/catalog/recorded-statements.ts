import { ident } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'

/** A statement that pg_stat_statements counted in this database. */
export interface RecordedStatement {
  readonly sql: string
  readonly role: string
  readonly calls: number
}

/** What pg_stat_statements can say here; without it, why not. */
export type Recorded =
  | {
      readonly statements: readonly RecordedStatement[]
      /** Since when it counts, ISO 8601; null where the server does not say. */
      readonly since: string | null
      /** Statements whose text the runner may not read. */
      readonly hidden: number
    }
  | { readonly missing: string }

/** More than pg_stat_statements.max is by default. */
const most = 10_000

/**
 * The statements counted for the current database, most frequent first (manual, appendix F.32). Texts have $1 for
 * constants; of those that match a pattern, where one is given. From PostgreSQL 18 on, names with and without schema may share one entry: a hint, never proof.
 */
export async function readRecordedStatements(session: Session, pattern = ''): Promise<Recorded> {
  const [extension] = await session.query<{ schema: string; isLoaded: boolean; mayRead: boolean }>(
    `select n.nspname as schema,
            current_setting('pg_stat_statements.max', true) is not null as "isLoaded",
            has_schema_privilege(n.oid, 'USAGE') as "mayRead"
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname = 'pg_stat_statements'`,
  )
  if (extension === undefined) return { missing: 'pg_stat_statements is not installed in this database' }
  if (!extension.isLoaded) return { missing: 'pg_stat_statements is not in shared_preload_libraries' }
  if (!extension.mayRead) return { missing: `the runner may not use schema ${extension.schema}` }
  const schema = ident(extension.schema)
  const rows = await session.query<RecordedStatement & { isHidden: boolean }>(
    `select coalesce(s.query, '') as sql, coalesce(r.rolname, '?') as role, sum(s.calls)::float8 as calls,
            s.queryid is null as "isHidden"
       from ${schema}.pg_stat_statements s left join pg_roles r on r.oid = s.userid
      where s.dbid = (select oid from pg_database where datname = current_database()) and s.calls > 0
        and ($1 = '' or s.query ~* $1)
      group by 1, 2, 4 order by calls desc, sql, role limit ${most}`,
    [pattern],
  )
  return {
    statements: rows
      .filter(({ isHidden }) => !isHidden)
      .map(({ sql, role, calls }) => ({ sql, role, calls })),
    since: await readReset(session, schema),
    hidden: rows.filter(({ isHidden }) => isHidden).length,
  }
}

/** The view with the time of the last reset came with version 1.9, of PostgreSQL 14. */
async function readReset(session: Session, schema: string): Promise<string | null> {
  const { exists } = await session.one<{ exists: boolean }>(
    `select to_regclass($1) is not null as "exists"`,
    [`${schema}.pg_stat_statements_info`],
  )
  if (!exists) return null
  const { since } = await session.one<{ since: string }>(
    `select to_char(stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
       from ${schema}.pg_stat_statements_info`,
  )
  return since
}
