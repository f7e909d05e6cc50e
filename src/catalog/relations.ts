import type { Session } from '../pg/session.ts'

/** A table as pg_class has it, wherever it is now. */
export interface Relation {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly persistence: string
  readonly owner: string
  readonly isPartition: boolean
  /** The partitioned table or inheritance parent above it; null for a table of its own. */
  readonly parent: number | null
  readonly hasInheritors: boolean
  readonly rowSecurity: boolean
  readonly hasColumnGrants: boolean
  readonly isTyped: boolean
  /** Columns of the primary key in its order; empty without one. */
  readonly primaryKey: readonly string[]
  readonly primaryKeyName: string | null
  readonly primaryKeyDefinition: string | null
  readonly extension: string | null
  readonly comment: string | null
  readonly bytes: string
  readonly rows: number
}

const relationColumns = `
  c.oid, n.nspname as schema, c.relname as name, c.relkind as kind, c.relpersistence as persistence,
  pg_get_userbyid(c.relowner) as owner, c.relispartition as "isPartition",
  (select i.inhparent from pg_inherits i where i.inhrelid = c.oid order by i.inhseqno limit 1) as parent,
  (c.relkind = 'r' and exists (select from pg_inherits i where i.inhparent = c.oid)) as "hasInheritors",
  c.relrowsecurity as "rowSecurity",
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attacl is not null and not a.attisdropped) as "hasColumnGrants",
  c.reloftype <> 0 as "isTyped",
  array(select a.attname::text from pg_constraint k cross join lateral unnest(k.conkey) with ordinality u (attnum, position)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum
         where k.conrelid = c.oid and k.contype = 'p' order by u.position) as "primaryKey",
  (select k.conname from pg_constraint k where k.conrelid = c.oid and k.contype = 'p') as "primaryKeyName",
  (select pg_get_constraintdef(k.oid) from pg_constraint k where k.conrelid = c.oid and k.contype = 'p') as "primaryKeyDefinition",
  (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') as extension,
  obj_description(c.oid, 'pg_class') as comment,
  case when c.relkind = 'r' then pg_table_size(c.oid) else 0 end as bytes,
  greatest(c.reltuples, 0)::float8 as rows`

/** Views and materialized views: what is read through them is elsewhere, or a copy. */
export function isView({ kind }: Pick<Relation, 'kind'>): boolean {
  return kind === 'v' || kind === 'm'
}

/** Every relation of a schema that a plan could name: tables, and what is mistaken for one. */
export async function readRelations(session: Session, schema: string): Promise<Relation[]> {
  return session.query<Relation>(
    `select ${relationColumns}
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
      order by c.relname`,
    [schema],
  )
}

/** The same for relations known by their OID, which does not change when they move. */
export async function readRelationsByOid(session: Session, oids: readonly number[]): Promise<Relation[]> {
  return session.query<Relation>(
    `select ${relationColumns}
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid = any($1::oid[])
      order by n.nspname, c.relname`,
    [oids],
  )
}

/** All partitions below the given tables, whatever schema they are in. */
export async function readPartitions(
  session: Session,
  roots: readonly number[],
): Promise<{ root: number; oid: number }[]> {
  return session.query(
    `with recursive tree as (
       select r as root, i.inhrelid as oid
         from unnest($1::oid[]) r join pg_inherits i on i.inhparent = r
         join pg_class c on c.oid = i.inhrelid and c.relispartition
       union all
       select t.root, i.inhrelid from tree t join pg_inherits i on i.inhparent = t.oid)
     select root, oid from tree order by root, oid`,
    [roots],
  )
}
