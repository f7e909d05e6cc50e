import { ident } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'

/** A text of SQL that the database runs by the clock. */
export interface Job {
  readonly name: string
  readonly command: string
  readonly role: string
}

/** The jobs of pg_cron in this database, as far as the runner may read them. */
export async function readJobs(session: Session): Promise<Job[]> {
  const [place] = await session.query<{ schema: string }>(
    `select n.nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'cron' and c.relname = 'job' and c.relkind = 'r'
        and has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT')
        and (select count(*) from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
                and a.attname in ('jobid', 'command', 'database', 'username')) = 4`,
  )
  if (place === undefined) return []
  return session.query<Job>(
    `select 'pg_cron job ' || jobid as name, command, username::text as role
       from ${ident(place.schema)}.job where database = current_database() order by jobid`,
  )
}
