import type { Client } from 'pg'
import type { Corpus, RowsExpectation } from './folder.ts'

/** A relation that is watched through the move. Its OID says which it is, wherever it goes. */
export interface Watched {
  readonly oid: number
  /** `schema.table` when it was loaded. */
  readonly key: string
  readonly name: string
  /** Where it goes, if it does; a partition goes where its parent goes. */
  readonly service: string | undefined
  readonly expected: RowsExpectation | undefined
  /** A relation with children shows their rows by its view, and only its own by ONLY. */
  readonly hasChildren: boolean
}

/** Where a relation is now. */
export interface Place {
  readonly schema: string
  readonly name: string
}

/** Finds the relations that the corpus speaks of, and the partitions that go with them. */
export async function findWatched(
  client: Client,
  corpus: Corpus,
): Promise<{ watched: Watched[]; unknown: string[] }> {
  const { rows } = await client.query<Row>(
    `with recursive kin (oid, root) as (
       select c.oid, c.oid from pg_class c
        where not c.relispartition and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
       union all
       select c.oid, k.root from kin k join pg_inherits i on i.inhparent = k.oid
         join pg_class c on c.oid = i.inhrelid
        where c.relispartition and c.relnamespace = 'public'::regnamespace)
     select c.oid::int as oid, n.nspname as schema, c.relname as name, r.relname as root,
            exists (select from pg_inherits where inhparent = c.oid) as "hasChildren"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       left join kin k on k.oid = c.oid left join pg_class r on r.oid = k.root
      where c.relkind in ('r', 'p', 'm', 'v', 'f') order by 2, 3`,
  )
  const watched = rows.flatMap((row): Watched[] => {
    const { oid, schema, name, root, hasChildren } = row
    const { mapping } = corpus
    const service = schema === 'public' ? (mapping.get(name) ?? mapping.get(root ?? name)) : undefined
    const key = `${schema}.${name}`
    const expected = corpus.rows.get(key)
    return service === undefined && expected === undefined
      ? []
      : [{ oid, key, name, service, expected, hasChildren }]
  })
  const known = new Set(watched.map(({ key }) => key))
  const wanted = [...corpus.rows.keys(), ...[...corpus.mapping.keys()].map((name) => `public.${name}`)]
  return { watched, unknown: [...new Set(wanted.filter((key) => !known.has(key)))] }
}

interface Row {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly root: string | null
  readonly hasChildren: boolean
}

/** Where relations are now; those that are gone are missing. */
export async function placesOf(client: Client, oids: readonly number[]): Promise<Map<number, Place>> {
  const { rows } = await client.query<Place & { oid: number }>(
    `select c.oid::int as oid, n.nspname as schema, c.relname as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = any($1::oid[])`,
    [oids],
  )
  return new Map(rows.map(({ oid, schema, name }) => [oid, { schema, name }]))
}

/** The kind of what has this name now, as pg_class spells it. */
export async function kindAt(client: Client, { schema, name }: Place): Promise<string | undefined> {
  const { rows } = await client.query<{ kind: string }>(
    `select c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2`,
    [schema, name],
  )
  return rows[0]?.kind
}

/** The position of every sequence by its OID, wherever it is now. */
export async function readPositions(client: Client): Promise<Map<number, Position>> {
  const { rows } = await client.query<{ oid: number; name: string; place: string }>(
    `select c.oid::int as oid, c.relname as name, format('%I.%I', n.nspname, c.relname) as place
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'S' and c.relpersistence <> 't' order by 1`,
  )
  const positions = new Map<number, Position>()
  for (const { oid, name, place } of rows) {
    const found = await client.query<{ value: string; called: boolean }>(
      `select last_value::text as value, is_called as called from ${place}`,
    )
    positions.set(oid, { name, ...found.rows[0]! })
  }
  return positions
}

export interface Position {
  readonly name: string
  readonly value: string
  readonly called: boolean
}

/** A rollback leaves sequences where they are; this puts them back, so that each replay begins from the same state. */
export async function restorePositions(
  client: Client,
  positions: ReadonlyMap<number, Position>,
): Promise<void> {
  for (const [oid, { value, called }] of positions) {
    await client.query('select setval($1::oid::regclass, $2, $3)', [oid, value, called])
  }
}
