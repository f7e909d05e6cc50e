import { setTimeout as sleep } from 'node:timers/promises'
import { journalSchema as schema } from '../catalog/names.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { Session } from '../pg/session.ts'
import { isRetryable } from '../pg/sqlstate.ts'
import { leaseLock, type Lease } from './lease.ts'

/** How long a note may stand before its privileges are taken, or are never taken. */
const preparationMs = 60_000

/** An old name whose privileges are to be taken for a time. */
export interface Silenced {
  readonly relation: number
  readonly name: string
}

/** A note of privileges that are taken, or were about to be. */
export interface OpenScream {
  readonly id: number
  readonly plan: string
  readonly name: string
  readonly isTaken: boolean
}

/**
 * Notes the privileges on old names before they are taken, and who gives them back should this runner not do it.
 * @returns the notes
 */
export async function noteScreams(
  session: Session,
  run: number,
  names: readonly Silenced[],
  guard: number,
): Promise<{ id: number; name: string }[]> {
  return session.query(
    `insert into ${schema}.screams (run, relation, name, owner, acl, column_acls, grants, until, guard)
     select $1, n.relation, n.name, c.relowner, a.acl, a.column_acls,
            (select coalesce(jsonb_agg(to_jsonb(p) order by p."column" nulls first, p.position), '[]')
               from ${schema}.privileges_of(n.relation) p),
            clock_timestamp() + $3 * interval '1 ms', $4
       from jsonb_to_recordset($2::jsonb) n (relation oid, name text)
       join pg_class c on c.oid = n.relation cross join lateral ${schema}.acls_of(n.relation) a
     returning id::int, name`,
    [run, JSON.stringify(names), preparationMs, guard],
  )
}

/**
 * Takes every privilege on the noted names for `forMs`, in one transaction and only while their guard lives.
 * @returns false when the guard is gone, with nothing taken
 */
export async function takePrivileges(
  session: Session,
  lease: Lease,
  ids: readonly number[],
  forMs: number,
): Promise<boolean> {
  return inTransaction(session, async () => {
    await session.script(lease.fence)
    const isGuarded = await take(session, ids, forMs)
    return { isKept: isGuarded, result: isGuarded }
  })
}

/** Gives back, unless that has been done. @returns in what the privileges differ from before, if in anything */
export async function givePrivileges(
  session: Session,
  id: number,
  giver: string,
): Promise<string | undefined> {
  return patiently(() => give(session, id, giver))
}

async function give(session: Session, id: number, giver: string): Promise<string | undefined> {
  const { remark } = await session.one<{ remark: string | null }>(
    `select ${schema}.give_privileges($1, $2) as remark`,
    [id, giver],
  )
  return remark === null || remark === '' ? undefined : remark
}

/**
 * Takes the privileges on one name and gives them back in a transaction that is rolled back.
 * @returns why they would not come back as they are, if they would not
 */
export async function rehearse(session: Session, run: number, name: Silenced): Promise<string | undefined> {
  return inTransaction(session, async () => {
    // A savepoint, since transactions that are rolled back are counted afterwards.
    await session.script('savepoint rehearsal')
    const { pid } = await session.one<{ pid: number }>('select pg_backend_pid() as pid')
    const [note] = await noteScreams(session, run, [name], pid)
    await take(session, [note!.id], preparationMs)
    const result = await give(session, note!.id, 'rehearsal')
    await session.script('rollback to savepoint rehearsal')
    return { isKept: true, result }
  })
}

/**
 * Notes that nobody has closed although no runner of their plan lives, or that `holder`, who holds the lease, finds. In
 * a copy of the database they speak of other relations and are left alone.
 */
export async function openScreams(
  session: Session,
  { systemIdentifier, databaseOid }: ServerFacts,
  holder?: string,
): Promise<OpenScream[]> {
  const { isThere } = await session.one<{ isThere: boolean }>(
    `select to_regclass('${schema}.screams') is not null as "isThere"`,
  )
  if (!isThere) return []
  return session.query<OpenScream>(
    `select s.id::int, r.plan, s.name, s.taken_at is not null as "isTaken"
       from ${schema}.screams s join ${schema}.runs r on r.id = s.run
      where s.given_back_at is null and r.system_identifier = $3 and r.database_oid = $4 and (r.plan = $2 or not exists (
        select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2
           and l.database = (select oid from pg_database where datname = current_database())
           and l.classid = (hashtext($1)::bigint & 4294967295)::oid
           and l.objid = (hashtext(r.plan)::bigint & 4294967295)::oid))
      order by s.id`,
    [leaseLock, holder ?? null, systemIdentifier, databaseOid],
  )
}

/** What a guard or a later command has remarked when it gave back. */
export async function readRemarks(session: Session, ids: readonly number[]): Promise<string[]> {
  const rows = await session.query<{ line: string }>(
    `select format('%s: %s', name, remark) as line from ${schema}.screams where id = any($1::bigint[]) and remark is not null order by id`,
    [ids],
  )
  return rows.map(({ line }) => line)
}

async function take(session: Session, ids: readonly number[], forMs: number): Promise<boolean> {
  const taken = await session.query(
    `with noted as materialized (
       select s.id, s.relation from ${schema}.screams s join pg_stat_activity g on g.pid = s.guard and g.state = 'active'
        where s.id = any($1::bigint[]) and s.given_back_at is null and s.until > clock_timestamp() for update of s)
     select ${schema}.take_privileges(relation) from noted`,
    [ids],
  )
  await session.query(
    `update ${schema}.screams set taken_at = clock_timestamp(), until = clock_timestamp() + $2 * interval '1 ms' where id = any($1::bigint[])`,
    [ids, forMs],
  )
  return taken.length === ids.length
}

async function inTransaction<T>(
  session: Session,
  work: () => Promise<{ isKept: boolean; result: T }>,
): Promise<T> {
  return patiently(async () => {
    await session.script('begin read write')
    try {
      const { isKept, result } = await work()
      await session.script(isKept ? 'commit' : 'rollback')
      return result
    } catch (error) {
      await session.script('rollback').catch(() => undefined)
      throw error
    }
  })
}

/** Two grants on one relation at once fail one of them. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === 5 || !isRetryable(error)) throw error
      await sleep(100)
    }
  }
}
