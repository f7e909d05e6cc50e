import type { Manifest } from '../backup/manifest.ts'
import { didYouMean } from '../errors/suggest.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import type { Session } from '../pg/session.ts'

export type BackedUpTable = Manifest['tables'][number]

/**
 * The tables of a backup that were asked for by name, `schema.name` or the name alone; all without names. Partitions
 * and other heirs come along, as the restored catalogs tell them.
 * @throws MigrateError `table-not-found` naming those that the backup does not hold
 */
export async function selectTables(
  tables: readonly BackedUpTable[],
  names: readonly string[] | undefined,
  restored: Session,
): Promise<BackedUpTable[]> {
  if (names === undefined) return [...tables]
  const asked = names.map((name) => findTable(tables, name))
  const heirs = await restored.query<{ schema: string; name: string }>(
    `with recursive heir (oid) as (
       select to_regclass(format('%I.%I', a.schema, a.name)) from unnest($1::text[], $2::text[]) a (schema, name)
       union
       select i.inhrelid from heir join pg_inherits i on i.inhparent = heir.oid
     )
     select n.nspname as schema, c.relname as name
       from heir join pg_class c on c.oid = heir.oid join pg_namespace n on n.oid = c.relnamespace`,
    [asked.map(({ schema }) => schema), asked.map(({ name }) => name)],
  )
  return tables.filter((table) => heirs.some((heir) => isSame(heir, table)))
}

/** @throws MigrateError `table-not-found` */
export function findTable<T extends { readonly schema: string; readonly name: string }>(
  tables: readonly T[],
  text: string,
): T {
  const found = tables.filter(({ schema, name }) => `${schema}.${name}` === text || name === text)
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const known = tables.map(({ schema, name }) => `${schema}.${name}`)
  const why = only === undefined ? 'holds no table' : 'holds more than one table'
  throw new MigrateError('table-not-found', `the backup ${why} "${text}"${didYouMean(text, known)}`, {
    detail: found.map(({ schema, name }) => `${schema}.${name}`),
    next: ['name it with its schema, as the backup’s manifest does'],
  })
}

function isSame(
  a: { readonly schema: string; readonly name: string },
  b: { readonly schema: string; readonly name: string },
): boolean {
  return a.schema === b.schema && a.name === b.name
}
