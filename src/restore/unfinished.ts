import { ownAmong, startedAt, type Seen } from '../catalog/own-sessions.ts'
import { measureContent } from '../content/measure.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { keptSchema } from '../plan/names.ts'
import { forgetKept, hasKept, madeOid } from './kept.ts'
import { changeFailure, type Ground } from './locked.ts'
import type { LiveTable } from './pairing.ts'
import { remaking } from './pg-restore.ts'
import { holdState } from './turn.ts'
import { dropTables } from './undo.ts'

/** A table that an interrupted restore has made: nothing refers to it yet. */
export interface HalfMade extends LiveTable {
  readonly restore: number
  /** Its name in the backup. */
  readonly source: string
  readonly checksum: string
}

/** The tables that interrupted restores have made; also those of one that is at work. */
export async function readHalfMade(session: Session): Promise<HalfMade[]> {
  if (!(await hasKept(session))) return []
  return session.query<HalfMade>(
    `select r.id::int as restore, c.oid::int8::float8 as oid, n.nspname as schema, c.relname as name, t.name as source,
            t.checksum
       from ${keptSchema}.restores r join ${keptSchema}.tables t on t.restore = r.id and t.was_absent
       join pg_class c on c.oid = ${madeOid} and c.relkind in ('r', 'p')
       join pg_namespace n on n.oid = c.relnamespace
      where r.state = 'begun' order by r.id, c.oid`,
  )
}

/**
 * Takes away what interrupted restores have left of tables that are made again now.
 * @throws MigrateError `restore-refused` when one has made other tables too, or somebody has changed them
 */
export async function clearInterrupted(ground: Ground, absent: readonly QualifiedName[]): Promise<void> {
  if (!(await hasKept(ground.session))) return
  const names = new Set(absent.map(qualified))
  const halfMade = await readHalfMade(ground.session)
  const other = halfMade.find(({ source }) => !names.has(source))
  if (other !== undefined) {
    throw new MigrateError(
      'restore-refused',
      `restore ${other.restore} was interrupted and has made ${qualified(other)}, without its foreign keys`,
      { next: [`migrate restore --undo ${other.restore}        takes it away`, 'or restore that table too'] },
    )
  }
  const begun = await ground.session.query<{ id: number }>(
    `select id::int from ${keptSchema}.restores where state = 'begun' order by id`,
  )
  for (const { id } of begun) await clearBegun(ground, id)
}

/**
 * Drops the tables that a restore which has not come to its end has made; they were not there before it.
 * @throws MigrateError `restore-refused` when somebody has changed them since
 */
export async function clearBegun({ session, fence }: Ground, restore: number): Promise<void> {
  await endRemaking(session)
  await session.script(`begin; ${fence ?? ''}`)
  try {
    await holdState(session, { id: restore }, ['begun'])
    const tables = (await readHalfMade(session)).filter((it) => it.restore === restore)
    for (const table of tables) await session.script(`lock table ${qualified(table)}`)
    const sums = await measureContent(session, tables)
    const changed = tables.filter(({ checksum }, index) => sums[index]?.checksum !== checksum)
    if (changed.length > 0) throw changedSince(restore, changed)
    await dropTables(session, tables)
    await forgetKept(session, restore)
    await session.script('commit')
  } catch (error) {
    await session.script('rollback').catch(() => undefined)
    throw changeFailure(error, [])
  }
}

/** A pg_restore whose runner was killed goes on, and would make the tables when nobody expects it any more. */
async function endRemaking(session: Session): Promise<void> {
  const found = await session.query<Seen>(
    `select a.pid, ${startedAt('a')}, a.usename as role, a.application_name as application
       from pg_stat_activity a
      where a.datname = current_database() and a.application_name like $1 and a.pid <> pg_backend_pid()`,
    [`migrate/%/${remaking}%`],
  )
  const own = await ownAmong(session, found)
  await session.query('select pg_terminate_backend(pid, 10000) from unnest($1::int[]) pid', [
    found.filter((each) => own.has(each)).map(({ pid }) => pid),
  ])
}

function changedSince(restore: number, [first, ...others]: readonly HalfMade[]): MigrateError {
  return new MigrateError(
    'restore-refused',
    `${qualified(first!)} was made by restore ${restore}, which was interrupted, and has other rows since`,
    {
      detail: [
        ...others.map((table) => `${qualified(table)} too`),
        'foreign keys from and to it are missing',
      ],
      next: [
        `migrate restore --release ${restore}        lets it stay as it is; make its foreign keys by hand`,
        'or drop it, then run the same command again',
      ],
    },
  )
}
