import { DatabaseError } from 'pg'
import { withPlainFiles } from '../backup/encrypted.ts'
import type { Backup } from '../backup/manifest.ts'
import { measureContent } from '../content/measure.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { EventStream } from '../events/stream.ts'
import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { Ground } from './locked.ts'
import type { LiveTable, SourceTable } from './pairing.ts'
import { restoreAbsent, type Restoring } from './pg-restore.ts'
import { findRestoreTools } from './tools.ts'

/** Tables that a restore has made again. */
export interface Remade {
  readonly tables: readonly { readonly table: QualifiedName; readonly checksum: string }[]
  /** The statements that make the foreign keys from and to them. */
  readonly keys: readonly string[]
}

interface Origin {
  readonly source: string
  readonly backup: Backup | undefined
  readonly session: Session
  readonly plan: string
  readonly keyCommand: string | undefined
}

/** What will be in tables that are made again. */
export async function contentOfAbsent(
  { session }: Pick<Origin, 'session'>,
  absent: readonly SourceTable[],
): Promise<Remade['tables']> {
  const sums = await measureContent(session, absent)
  return sums.map(({ schema, name, checksum }) => ({ table: { schema, name }, checksum }))
}

/**
 * Makes tables that are gone again, with their structure, in one transaction; their foreign keys come later.
 * @throws MigrateError `restore-refused` without an archive to make them from, `command-failed`
 */
export async function makeAbsent(
  ground: Ground,
  origin: Origin,
  absent: readonly SourceTable[],
): Promise<Remade> {
  if (absent.length === 0) return { tables: [], keys: [] }
  const keys = await restoreTables(ground, origin, absent)
  return { tables: await contentOfAbsent(ground, absent), keys }
}

/** The tables that get foreign keys, so that they are locked with the others. */
export async function keyedTables(session: Session, keys: readonly string[]): Promise<LiveTable[]> {
  const names = keys.flatMap((statement) => /^ALTER TABLE (?:ONLY )?(.+)\n/.exec(statement)?.[1] ?? [])
  return session.query<LiveTable>(
    `select distinct c.oid::int8::float8 as oid, n.nspname as schema, c.relname as name
       from unnest($1::text[]) a (name) join pg_class c on c.oid = to_regclass(a.name)
       join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p')`,
    [names],
  )
}

/**
 * Makes the foreign keys from and to tables that were made again, in the transaction the caller has open.
 * @throws MigrateError `restore-refused` when rows do not allow one
 */
export async function makeKeys(session: Session, keys: readonly string[]): Promise<void> {
  for (const statement of keys) {
    try {
      await session.script(statement)
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== '23503') throw error
      throw new MigrateError('restore-refused', `the rows would not fit together: ${error.message}`, {
        detail: [...(error.detail === undefined ? [] : [error.detail]), statement.replaceAll(/\s+/g, ' ')],
        state: { kind: 'rolled-back', sentence: 'nothing was changed' },
        next: [
          'restore the tables that refer to each other together: leave --table out, or name them too',
          'or restore beside, with --to-database NAME',
        ],
        cause: error,
      })
    }
  }
}

async function restoreTables(
  { session, server, signal }: Ground,
  { source, backup, session: scratch, plan, keyCommand }: Origin,
  absent: readonly SourceTable[],
): Promise<string[]> {
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
  return withPlainFiles(backup, keyCommand, async (folder) => {
    const { target } = session
    const events = new EventStream()
    const work: Restoring & { session: Session } = {
      session,
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
    return restoreAbsent(work, all, await sequencesOf(scratch, session, all))
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
