import { startedAt, withoutOwn } from '../catalog/own-sessions.ts'
import { withoutSecrets } from '../errors/secrets.ts'
import type { Session } from '../pg/session.ts'
import type { Standby } from '../standby/standby.ts'
import type { WatchedName } from './watched-name.ts'
import { namePatterns } from './name-patterns.ts'
import type { Sighting } from './use.ts'

/** A statement whose text names an old name. */
export interface Attempt extends Sighting {
  readonly relation: number
  /** A superuser is not stopped by missing privileges. */
  readonly isSuperuser: boolean
  readonly at: Date
}

/** A server to look at, and its own time when looking began. */
export interface Lookout {
  readonly session: Session
  readonly standby: Standby | undefined
  readonly since: Date
}

/** The primary and the standbys, from now on. */
export async function lookoutsFrom(session: Session, standbys: readonly Standby[]): Promise<Lookout[]> {
  return Promise.all([lookout(session), ...standbys.map((standby) => lookout(standby.session, standby))])
}

async function lookout(session: Session, standby?: Standby): Promise<Lookout> {
  const { since } = await session.one<{ since: Date }>('select clock_timestamp() as since')
  return { session, standby, since }
}

/**
 * Sessions whose latest statement, begun since, names one of the tables by its old name; also those that are idle
 * again. It is by the text alone, and only a sample.
 */
export async function readAttempts(
  { session, standby, since }: Lookout,
  tables: readonly WatchedName[],
): Promise<Attempt[]> {
  const found = await session.query<Omit<Attempt, 'standby' | 'line'>>(
    `select n.relation, a.pid, ${startedAt('a')}, a.usename as role, coalesce(r.rolsuper, false) as "isSuperuser", a.application_name as application,
            host(a.client_addr) as client, a.query_start as at, a.query !~* n.old as "isUnqualified", left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120) as statement
       from pg_stat_activity a
       join jsonb_to_recordset($1::jsonb) n (relation oid, old text, bare text, new text)
         on a.query ~* n.old or (a.query ~* n.bare and a.query !~* n.new)
       left join pg_roles r on r.oid = a.usesysid
      where a.datname = current_database() and a.backend_type = 'client backend'
        and a.query_start >= $2`,
    [JSON.stringify(tables.map((table) => ({ relation: table.relation, ...namePatterns(table) }))), since],
  )
  const rows = (await withoutOwn(session, found)).map((row) => ({
    ...row,
    statement: withoutSecrets(row.statement),
  }))
  const where = standby === undefined ? '' : `standby ${standby.where}: `
  return rows.map((row) => ({
    ...row,
    standby: standby?.where ?? null,
    line: `${where}pid ${row.pid} "${row.application}" (role ${row.role}): ${row.statement}`,
  }))
}
