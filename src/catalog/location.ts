import { commentsDiffer, differences, type Difference } from './difference.ts'
import { markOfView } from './mark.ts'
import { asidePrefix, stageSchema } from './names.ts'
import type { Session } from '../pg/session.ts'

/**
 * Where a table of the move stands:
 * plain: at its old name, nothing at the new one; expanded: the facade view is at the new name; switched: the table is
 * at the new name, and a view is at the old one or set aside; contracted: at the new name, nothing is left of the old
 * one; foreign: something of someone else sits at the other name; missing: the table is gone or somewhere else.
 */
export type Stand = 'plain' | 'expanded' | 'switched' | 'contracted' | 'foreign' | 'missing'

export interface Location {
  readonly relation: number
  readonly stand: Stand
  /** The view at the other name, when it is ours. */
  readonly view: number | null
  /** The facade that waits in the staging schema while the old name is no view. */
  readonly aside: number | null
  /** The partitioned table at the old name whose only partition this table is. */
  readonly shell: number | null
  /** In what the view, at the other name or set aside, is not the table's equal. */
  readonly differences: readonly Difference[]
  /** Has what stands in for it other comments than the table? */
  readonly commentsDiffer: boolean
  readonly where: string | null
  /** Does the view count its uses? */
  readonly isWatched: boolean
}

export interface Moved {
  readonly relation: number
  readonly name: string
  readonly source: string
  readonly target: string
}

/** Reads the stand of every table from the catalog, whatever the journal believes. */
export async function readLocations(
  session: Session,
  tables: readonly Moved[],
  mark: string,
): Promise<Map<number, Location>> {
  const rows = await session.query<Location & { schema: string | null; other: string | null; ours: boolean }>(
    `with moved as (
       select (m->>'relation')::oid as relation, m->>'name' as name, m->>'source' as source, m->>'target' as target
         from jsonb_array_elements($1::jsonb) m),
     at as (
       select m.*, n.nspname as schema, c.relname as now,
              case when n.nspname = m.source then m.target when n.nspname = m.target then m.source end as elsewhere
         from moved m left join pg_class c on c.oid = m.relation left join pg_namespace n on n.oid = c.relnamespace)
     select a.relation, case when a.now = a.name and a.elsewhere is not null then
              case when v.oid is null
                     then case when a.schema = a.source then 'plain' when s.oid is null then 'contracted' else 'switched' end
                   when v.relkind = 'v' and v.ours
                     then case when a.schema = a.source then 'expanded' else 'switched' end
                   when v.relkind = 'p' and v.ours and a.schema = a.target and s.oid is not null then 'switched'
                   else 'foreign' end
              else 'missing' end as stand,
            case when v.relkind = 'v' and v.ours then v.oid end as view, s.oid as aside,
            case when v.relkind = 'p' and v.ours then v.oid end as shell,
            case when coalesce(s.oid, v.oid) is null then '{}' else ${differences('a.relation', 'coalesce(s.oid, v.oid)')} end as differences,
            (v.oid is not null and v.ours and ${commentsDiffer('a.relation', 'v.oid')})
              or (s.oid is not null and ${commentsDiffer('a.relation', 's.oid')}) as "commentsDiffer",
            case when a.schema is not null then format('%I.%I', a.schema, a.now) end as where,
            exists (select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                      join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
                     where r.ev_class = v.oid and p.proname = 'used_' || a.relation) as "isWatched"
       from at a
       left join pg_namespace o on o.nspname = a.elsewhere
       left join lateral (
         select c.oid, c.relkind, case c.relkind when 'v' then ${markOfView('c.oid')} is not distinct from $2
                  when 'p' then exists (select from pg_inherits i where i.inhparent = c.oid and i.inhrelid = a.relation) end as ours
           from pg_class c where c.relnamespace = o.oid and c.relname = a.name) v on true
       left join lateral (
         select c.oid from pg_class c
          where c.relnamespace = to_regnamespace($3) and c.relname = $4 || a.relation and c.relkind = 'v'
            and ${markOfView('c.oid')} = $2) s on true`,
    [JSON.stringify(tables), mark, stageSchema, asidePrefix],
  )
  return new Map(
    rows.map(({ relation, stand, view, aside, shell, differences, commentsDiffer, where, isWatched }) => [
      relation,
      { relation, stand, view, aside, shell, differences, commentsDiffer, where, isWatched },
    ]),
  )
}
