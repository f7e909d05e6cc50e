import type { Session } from '../pg/session.ts'
import type { Moved } from './location.ts'

interface Registry {
  readonly registry: string
  /** A relation of the extension that must be there for the query to make sense. */
  readonly relation: string
  /** Rows (schema, name, how) that name tables. */
  readonly query: string
}

/** Extensions that keep tables by name in lists of their own, and how they are read. */
const registries: readonly Registry[] = [
  {
    registry: 'timescaledb',
    relation: '_timescaledb_catalog.hypertable',
    query: `select schema_name::text as schema, table_name::text as name, 'a hypertable' as how from _timescaledb_catalog.hypertable`,
  },
  {
    registry: 'citus',
    relation: 'pg_catalog.pg_dist_partition',
    query: `select n.nspname::text as schema, c.relname::text as name, 'a distributed table' as how
              from pg_catalog.pg_dist_partition d join pg_class c on c.oid = d.logicalrelid join pg_namespace n on n.oid = c.relnamespace`,
  },
  {
    registry: 'pglogical',
    relation: 'pglogical.replication_set_table',
    query: `select n.nspname::text as schema, c.relname::text as name, 'in a replication set' as how
              from pglogical.replication_set_table s join pg_class c on c.oid = s.set_reloid join pg_namespace n on n.oid = c.relnamespace`,
  },
]

/** Extensions that may be in any schema and keep names in text. */
const textual = [
  { registry: 'pg_partman', table: 'part_config', column: 'parent_table', how: 'a partition set' },
  { registry: 'pg_cron', table: 'job', column: 'command', how: 'the command of a job' },
] as const

/** Tables that extensions know by name. An extension that is not there is no matter. */
export async function readRegistered(
  session: Session,
  tables: readonly Moved[],
): Promise<{ relation: number; registry: string; how: string }[]> {
  const found: { relation: number; registry: string; how: string }[] = []
  for (const { registry, relation, query } of registries) {
    const { there } = await session.one<{ there: boolean }>(`select to_regclass($1) is not null as there`, [
      relation,
    ])
    if (!there) continue
    const rows = await session.query<{ schema: string; name: string; how: string }>(query)
    for (const row of rows) {
      const table = tables.find(({ source, name }) => source === row.schema && name === row.name)
      if (table !== undefined) found.push({ relation: table.relation, registry, how: row.how })
    }
  }
  for (const { registry, table, column, how } of textual) {
    const [place] = await session.query<{ name: string }>(
      `select format('%I.%I', n.nspname, c.relname) as name from pg_extension e
         join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.classid = 'pg_class'::regclass
         join pg_class c on c.oid = d.objid and c.relname = $2 join pg_namespace n on n.oid = c.relnamespace
        where e.extname = $1`,
      [registry, table],
    )
    if (place === undefined) continue
    const rows = await session.query<{ relation: number }>(
      `select distinct (m->>'relation')::oid as relation from jsonb_array_elements($1::jsonb) m
         join ${place.name} r on r.${column} ~ ('\\m' || regexp_replace(m->>'name', '([][().*+?|^$\\\\{}])', '\\\\\\1', 'g') || '\\M') order by 1`,
      [JSON.stringify(tables)],
    )
    found.push(...rows.map(({ relation }) => ({ relation, registry, how })))
  }
  return found
}

/** Sessions that other servers' foreign tables have opened here (manual, postgres_fdw: application_name). */
export async function readForeignAccess(session: Session): Promise<{ who: string; sessions: number }[]> {
  return session.query(
    `select coalesce(host(client_addr), 'this machine') || ' as ' || usename as who, count(*)::int as sessions
       from pg_stat_activity where datname = current_database() and application_name = 'postgres_fdw' group by 1 order by 1`,
  )
}
