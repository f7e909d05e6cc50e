import { withPlainFiles } from '../backup/encrypted.ts'
import type { Backup } from '../backup/manifest.ts'
import { measureContent } from '../content/measure.ts'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { EventStream } from '../events/stream.ts'
import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { forgetKept } from './kept.ts'
import type { Ground } from './locked.ts'
import type { SourceTable } from './pairing.ts'
import { restoreAbsent, type Restoring } from './pg-restore.ts'
import { findRestoreTools } from './tools.ts'

/** A table that a restore has made again. */
export interface Made {
  readonly table: QualifiedName
  readonly checksum: string
}

interface Origin {
  readonly source: string
  readonly backup: Backup | undefined
  readonly session: Session
  readonly plan: string
  readonly keyCommand: string | undefined
}

/**
 * Makes tables that are gone again, with their structure, in one transaction; their foreign keys come later.
 * @throws MigrateError `restore-refused` without an archive to make them from, `command-failed`
 */
export async function makeAbsent(
  ground: Ground,
  origin: Origin,
  absent: readonly SourceTable[],
): Promise<Made[]> {
  if (absent.length === 0) return []
  await restorePart(ground, origin, absent, 'tables')
  const sums = await measureContent(ground.session, absent)
  return sums.map(({ schema, name, checksum }) => ({ table: { schema, name }, checksum }))
}

/** Makes the foreign keys from and to tables that were made again. */
export async function makeKeys(
  ground: Ground,
  origin: Origin,
  absent: readonly SourceTable[],
  restore: number,
): Promise<void> {
  if (absent.length === 0) return
  try {
    await restorePart(ground, origin, absent, 'keys')
  } catch (error) {
    if (!isMigrateError(error)) throw error
    const { code, message, detail } = error
    throw new MigrateError(code, message, {
      detail,
      state: {
        kind: 'resumable',
        sentence:
          'the rows are in place; foreign keys from and to the tables that were made again are missing',
      },
      next: ['make the keys by hand once the rows fit', `or go back: migrate restore --undo ${restore}`],
      cause: error,
    })
  }
}

/** Takes tables that were made again away: what they were made for has failed. */
export async function dropMade(session: Session, restore: number, made: readonly Made[]): Promise<void> {
  const names = made.map(({ table }) => qualified(table))
  if (names.length > 0) await session.script(`drop table if exists ${names.join(', ')}`)
  await forgetKept(session, restore)
}

async function restorePart(
  { session, server, signal }: Ground,
  { source, backup, session: scratch, plan, keyCommand }: Origin,
  absent: readonly SourceTable[],
  part: 'tables' | 'keys',
): Promise<void> {
  if (backup === undefined) {
    throw new MigrateError(
      'restore-refused',
      `${qualified(absent[0]!)} is gone, and ${source} is a plain file`,
      {
        detail: absent.slice(1).map((table) => `${qualified(table)} too`),
        next: ['make the table by hand, or restore the file with --to-database NAME and take it from there'],
      },
    )
  }
  const { manifest } = backup
  const tools = await findRestoreTools(manifest.pgDumpVersion, server.major)
  const asOwners = server.isSuperuser && server.systemIdentifier === manifest.server.systemIdentifier
  await withPlainFiles(backup, keyCommand, async (folder) => {
    const { target } = session
    const events = new EventStream()
    const work: Restoring = {
      plan,
      manifest,
      folder,
      tools,
      target,
      server,
      asOwners,
      jobs: 1,
      events,
      signal,
    }
    const all = await withPartitions(scratch, absent)
    await restoreAbsent(work, all, await sequencesOf(scratch, session, all), part)
  })
}

async function withPartitions(scratch: Session, tables: readonly QualifiedName[]): Promise<QualifiedName[]> {
  return scratch.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
       from unnest($1::text[], $2::text[]) a (schema, name)
      cross join lateral to_regclass(format('%I.%I', a.schema, a.name)) as top (oid)
      cross join lateral (select top.oid union select relid from pg_partition_tree(top.oid)) tree (oid)
       join pg_class c on c.oid = tree.oid join pg_namespace n on n.oid = c.relnamespace`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
}

/** The sequences that come with the tables, by the names in the archive's list, but for those that are still there. */
async function sequencesOf(
  scratch: Session,
  live: Session,
  absent: readonly QualifiedName[],
): Promise<string[]> {
  const found = await scratch.query<{ schema: string; name: string }>(
    `select distinct n.nspname as schema, c.relname as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
      where c.relkind = 'S' and d.refobjid in (
              select to_regclass(format('%I.%I', a.schema, a.name)) from unnest($1::text[], $2::text[]) a (schema, name))
     union
     select n.nspname, c.relname
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.classid = 'pg_attrdef'::regclass
       join pg_attrdef f on f.oid = d.objid
      where c.relkind = 'S' and f.adrelid in (
              select to_regclass(format('%I.%I', a.schema, a.name)) from unnest($1::text[], $2::text[]) a (schema, name))`,
    [absent.map(({ schema }) => schema), absent.map(({ name }) => name)],
  )
  const gone = await live.query<{ schema: string; name: string }>(
    `select a.schema, a.name from unnest($1::text[], $2::text[]) a (schema, name)
      where to_regclass(format('%I.%I', a.schema, a.name)) is null`,
    [found.map(({ schema }) => schema), found.map(({ name }) => name)],
  )
  return gone.map(({ schema, name }) => `${schema} ${name}`)
}
