import { ownPrefix, startText } from '../pg/own-session.ts'
import { Session } from '../pg/session.ts'
import { journalSchema as schema } from './names.ts'

/** A session as pg_stat_activity shows it, so that it can be said whose it is. */
export interface Seen {
  readonly pid: number | null
  /** Undefined for what is no session; null where the runner may not see it. */
  readonly startedAt?: string | null
  readonly role: string | null
  readonly application: string | null
}

/** The column of pg_stat_activity that `Seen.startedAt` wants. */
export function startedAt(alias: string): string {
  return `${startText(`${alias}.backend_start`)} as "startedAt"`
}

/**
 * Which of the sessions are the tool's, of whatever process. This is the one place where that is decided: by backend, as
 * the journal's register and this process know it, and never by a name alone, which any client may bear. A session enters
 * itself before it does anything else, so whoever was seen before the register is read is in it.
 */
export async function ownAmong<T extends Seen>(session: Session, seen: readonly T[]): Promise<Set<T>> {
  const named = seen.filter(({ application }) => application?.startsWith(ownPrefix) === true)
  if (named.length === 0) return new Set()
  const here = new Set(Session.backends.map(({ pid, startedAt: start }) => `${pid} ${start}`))
  const { backends, programs } = await readRegister(session)
  const isOwn = ({ pid, startedAt: start, role, application }: T): boolean =>
    here.has(`${pid} ${start}`) || backends.has(`${pid} ${start}`) || programs.has(`${role} ${application}`)
  return new Set(named.filter(isOwn))
}

/** The sessions without the tool's own. */
export async function withoutOwn<T extends Seen>(session: Session, seen: readonly T[]): Promise<T[]> {
  const own = await ownAmong(session, seen)
  return seen.filter((each) => !own.has(each))
}

interface Register {
  /** Process id and start of each backend. */
  readonly backends: ReadonlySet<string>
  /** Role and application name of each program. */
  readonly programs: ReadonlySet<string>
}

/** Without a journal there is none, and no other process of the tool that could matter. */
async function readRegister(session: Session): Promise<Register> {
  if (!(await may(session, 'SELECT'))) return { backends: new Set(), programs: new Set() }
  const backends = await session.query<{ key: string }>(
    `select s.pid || ' ' || ${startText('s.backend_start')} as key from ${schema}.sessions s`,
  )
  const programs = await session.query<{ key: string }>(
    `select r.rolname || ' ' || p.application as key from ${schema}.programs p join pg_roles r on r.oid = p.role`,
  )
  return {
    backends: new Set(backends.map(({ key }) => key)),
    programs: new Set(programs.map(({ key }) => key)),
  }
}

async function may(session: Session, privilege: 'SELECT' | 'INSERT, DELETE'): Promise<boolean> {
  const [found] = await session.query(
    `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = 'programs' and has_schema_privilege(n.oid, 'USAGE')
        and has_table_privilege(c.oid, $2) and not (pg_is_in_recovery() and $2 <> 'SELECT')`,
    [schema, privilege],
  )
  return found !== undefined
}

/**
 * Enters a program that is about to connect by this application name, which nobody can guess, and takes out what was left
 * a day ago. Without a journal nothing needs to be known of it.
 */
export async function enterProgram(session: Session, application: string): Promise<void> {
  if (!(await may(session, 'INSERT, DELETE'))) return
  await session.query(
    `insert into ${schema}.programs (application, role)
     select left($1, 63), oid from pg_roles where rolname = session_user on conflict do nothing`,
    [application],
  )
  await session.query(
    `delete from ${schema}.programs p
      where p.entered_at < now() - interval '1 day'
        and not exists (select from pg_stat_activity a where a.application_name = p.application)`,
  )
}
