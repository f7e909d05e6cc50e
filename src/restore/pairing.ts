import { MigrateError } from '../errors/migrate-error.ts'
import { nameKey, readColumns } from '../content/columns.ts'
import type { MappingRow } from '../journal/rows.ts'
import { qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'

/** A table as a backup knows it; its OID means something only in the database it was taken from. */
export interface SourceTable extends QualifiedName {
  readonly oid?: number
}

export interface LiveTable extends QualifiedName {
  readonly oid: number
}

/** A restored table and what it is now. */
export interface Pairing {
  readonly restored: QualifiedName
  readonly live: LiveTable
  /** The columns that both have. */
  readonly columns: readonly string[]
  /** Columns that came since the backup: they keep their values, and have their defaults in inserted rows. */
  readonly added: readonly string[]
}

export interface Pairings {
  readonly pairs: readonly Pairing[]
  /** Tables that are no longer in the database. */
  readonly absent: readonly SourceTable[]
}

/**
 * Finds each restored table in the live database: by its OID where the backup is of this database, else by its name or
 * where the plan's run has moved that name to. What an interrupted restore has made counts as gone. Partitions are part of the table at the top of their tree.
 * @throws MigrateError `restore-refused` with everything that speaks against putting the tables in place
 */
export async function pairTables(
  restored: Session,
  live: Session,
  tables: readonly SourceTable[],
  mappings: readonly MappingRow[],
  options: { readonly isSameDatabase: boolean; readonly halfMade: ReadonlySet<number> },
): Promise<Pairings> {
  const tops = await topmost(restored, tables)
  const find = await finder(live, tops, mappings, options)
  const found = tops.map((table) => ({ table, live: find(table) }))
  const problems: string[] = []
  for (const { table, live: at } of found) {
    if (at === undefined && table.isPartition) {
      problems.push(`partition ${qualified(table)} is gone; its table has no place for its rows`)
    }
    if (at !== undefined && at.kind !== 'r' && at.kind !== 'p') {
      problems.push(`${qualified(table)} is no table now`)
    } else if (table.hasHeirs || at?.hasHeirs === true) {
      problems.push(`other tables inherit from ${qualified(table)}`)
    }
  }
  refuse(problems)
  const present = found.flatMap(({ table, live: at }) =>
    at === undefined ? [] : [{ restored: table, live: at }],
  )
  return {
    pairs: await withColumns(restored, live, present),
    absent: found.filter(({ live: at }) => at === undefined).map(({ table }) => table),
  }
}

interface Top extends SourceTable {
  readonly isPartition: boolean
  readonly hasHeirs: boolean
}

async function topmost(session: Session, tables: readonly SourceTable[]): Promise<Top[]> {
  const rows = await session.query<{ isPartition: boolean; hasHeirs: boolean; isBelow: boolean }>(
    `with asked as (
       select a.position, to_regclass(format('%I.%I', a.schema, a.name)) as oid
         from unnest($1::text[], $2::text[]) with ordinality a (schema, name, position))
     select coalesce(c.relispartition, false) as "isPartition",
            c.relkind = 'r' and exists (select from pg_inherits i where i.inhparent = c.oid) as "hasHeirs",
            exists (select from pg_partition_ancestors(a.oid) up join asked other on other.oid = up.relid
                     where up.relid <> a.oid) as "isBelow"
       from asked a left join pg_class c on c.oid = a.oid order by a.position`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
  return tables.flatMap((table, index) => {
    const { isBelow, ...traits } = rows[index]!
    return isBelow ? [] : [{ ...table, ...traits }]
  })
}

interface Found extends LiveTable {
  readonly kind: string
  readonly hasHeirs: boolean
}

async function finder(
  session: Session,
  tables: readonly SourceTable[],
  mappings: readonly MappingRow[],
  { isSameDatabase, halfMade }: { readonly isSameDatabase: boolean; readonly halfMade: ReadonlySet<number> },
): Promise<(table: SourceTable) => Found | undefined> {
  const oids = [...tables.map(({ oid }) => oid ?? 0), ...mappings.map(({ relation }) => relation)]
  const found = await session.query<Found>(
    `select c.oid::int8::float8 as oid, n.nspname as schema, c.relname as name, c.relkind::text as kind,
            c.relkind = 'r' and exists (select from pg_inherits i where i.inhparent = c.oid) as "hasHeirs"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and c.oid = any ($1::oid[])
         or c.relkind in ('r', 'p', 'v', 'm', 'f') and c.oid in (
              select to_regclass(format('%I.%I', a.schema, a.name)) from unnest($2::text[], $3::text[]) a (schema, name))`,
    [oids, tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
  const rows = found.filter(({ oid }) => !halfMade.has(oid))
  const byOid = new Map(rows.map((row) => [row.oid, row]))
  const byName = new Map(rows.map((row) => [nameKey(row), row]))
  return (table) => {
    const moved = mappings.find(
      ({ name, source, target }) =>
        name === table.name && (source === table.schema || target === table.schema),
    )
    return (
      (isSameDatabase && table.oid !== undefined ? byOid.get(table.oid) : undefined) ??
      (moved === undefined ? undefined : byOid.get(moved.relation)) ??
      byName.get(nameKey(table))
    )
  }
}

async function withColumns(
  restored: Session,
  live: Session,
  pairs: readonly { readonly restored: QualifiedName; readonly live: LiveTable }[],
): Promise<Pairing[]> {
  const before = await readColumns(
    restored,
    pairs.map((pair) => pair.restored),
  )
  const now = await readColumns(
    live,
    pairs.map((pair) => pair.live),
  )
  const problems: string[] = []
  const result = pairs.map((pair): Pairing => {
    const was = before.get(nameKey(pair.restored)) ?? []
    const is = now.get(nameKey(pair.live)) ?? []
    const same = new Map(is.map((column) => [column.name, column]))
    for (const column of was) {
      const other = same.get(column.name)
      const where = `column ${column.name} of ${qualified(pair.live)}`
      if (other === undefined) problems.push(`${where} is gone, or has another name`)
      else if (other.declared.replace(/^.*\./, '') !== column.declared.replace(/^.*\./, '')) {
        problems.push(`${where} is ${other.declared}, and was ${column.declared}`)
      }
    }
    const names = new Set(was.map(({ name }) => name))
    return {
      ...pair,
      columns: is.filter(({ name }) => names.has(name)).map(({ name }) => name),
      added: is.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    }
  })
  refuse(problems)
  return result
}

function refuse(problems: readonly string[]): void {
  const [first, ...others] = problems
  if (first === undefined) return
  throw new MigrateError('restore-refused', `the backup cannot be put in place: ${first}`, {
    detail: others,
    next: [
      'migrate restore FOLDER --to-database NAME        restores it beside, to take from it by hand',
      'or name the other tables with --table',
    ],
  })
}
