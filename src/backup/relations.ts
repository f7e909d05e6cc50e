import { didYouMean } from '../errors/suggest.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'

export interface BackupTable extends QualifiedName {
  readonly oid: string
  readonly bytes: number
  /** False for a partitioned table: its rows are its partitions'. */
  readonly holdsRows: boolean
}

/**
 * Finds the tables by name, each once, in the order given, then the partitions and other heirs that were not
 * named: their rows are rows of the tables named, and partitions may have come since the names were listed.
 * @throws MigrateError `table-not-found` naming every one that is missing or is not a table
 */
export async function lookUpTables(
  session: Session,
  names: readonly QualifiedName[],
): Promise<BackupTable[]> {
  const named = await session.query<Found>(
    `select wanted.schema, wanted.name, c.oid::text, c.relkind::text as kind, pg_table_size(c.oid)::text as bytes
       from unnest($1::text[], $2::text[]) with ordinality as wanted (schema, name, position)
       left join pg_namespace n on n.nspname = wanted.schema
       left join pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
      order by wanted.position`,
    [names.map(({ schema }) => schema), names.map(({ name }) => name)],
  )
  const heirs = await session.query<Found>(
    `with recursive heir (oid) as (
       select inhrelid from pg_inherits where inhparent = any ($1::oid[])
       union
       select i.inhrelid from heir join pg_inherits i on i.inhparent = heir.oid
     )
     select n.nspname as schema, c.relname as name, c.oid::text, c.relkind::text as kind,
            pg_table_size(c.oid)::text as bytes
       from heir
       join pg_class c on c.oid = heir.oid
       join pg_namespace n on n.oid = c.relnamespace
      order by 1, 2`,
    [named.flatMap(({ oid }) => oid ?? [])],
  )
  const found = [...named, ...heirs]
  const wrong = found.filter(({ kind }) => kind !== 'r' && kind !== 'p')
  if (wrong.length > 0) throw await notTables(session, wrong)
  const tables = found.map(({ schema, name, oid, kind, bytes }) => ({
    schema,
    name,
    oid: oid ?? '',
    bytes: Number(bytes),
    holdsRows: kind === 'r',
  }))
  return [...new Map(tables.map((table) => [table.oid, table] as const)).values()]
}

interface Found {
  readonly schema: string
  readonly name: string
  readonly oid: string | null
  readonly kind: string | null
  readonly bytes: string | null
}

/**
 * Keeps the tables from being truncated, rewritten or moved until the backup is done: a snapshot does not protect
 * from that, and rows and checksums would not be of one moment. Readers and writers do not notice.
 */
export async function lockTables(session: Session, tables: readonly BackupTable[]): Promise<void> {
  if (tables.length === 0) return
  await session.query(`lock table ${tables.map(qualified).join(', ')} in access share mode`)
}

/**
 * Sees that the tables are still at their names now that they are locked: those that were switched between the
 * snapshot and the locks have views there, and the dump would read these.
 * @throws MigrateError `table-not-found`
 */
export async function checkPlaces(session: Session, tables: readonly BackupTable[]): Promise<void> {
  const moved = await session.query<{ name: string }>(
    `select t.name from unnest($1::text[], $2::oid[]) t (name, oid) where to_regclass(t.name) is distinct from t.oid`,
    [tables.map(qualified), tables.map(({ oid }) => oid)],
  )
  const [first, ...others] = moved
  if (first === undefined) return
  throw new MigrateError('table-not-found', `${first.name} was moved or replaced while the backup began`, {
    detail: others.map(({ name }) => `${name} too`),
    next: ['run the same command again'],
  })
}

/**
 * The sequences that number the tables' rows. Those that a table owns come along with it in a dump; one that only a
 * default mentions does not, and without it restored rows would be numbered from 1 again.
 */
export async function lookUpSequences(
  session: Session,
  tables: readonly BackupTable[],
): Promise<QualifiedName[]> {
  return session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'S'
        and c.oid in (
          select d.objid from pg_depend d
           where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
             and d.refobjid = any ($1::oid[]) and d.deptype in ('a', 'i')
          union all
          select d.refobjid from pg_depend d
            join pg_attrdef a on a.oid = d.objid
           where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass
             and a.adrelid = any ($1::oid[]))
      order by 1, 2`,
    [tables.map(({ oid }) => oid)],
  )
}

async function notTables(session: Session, wrong: readonly Found[]): Promise<MigrateError> {
  const known = await session.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any ($1::text[]) and c.relkind in ('r', 'p')`,
    [wrong.map(({ schema }) => schema)],
  )
  const names = known.map(({ name }) => name)
  const sentences = wrong.map(({ schema, name, kind }) =>
    kind === null
      ? `"${schema}"."${name}" does not exist${didYouMean(name, names)}`
      : `"${schema}"."${name}" is ${kindWords[kind] ?? 'not a table'}: a dump would hold none of its rows`,
  )
  const [first = '', ...others] = sentences
  return new MigrateError('table-not-found', `cannot back up: ${first}`, { detail: others })
}

const kindWords: Partial<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  i: 'an index',
  I: 'an index',
  c: 'a composite type',
}
