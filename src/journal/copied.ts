import { journalSchema as schema } from '../catalog/names.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { Session } from '../pg/session.ts'
import type { Baseline, StepRow } from './rows.ts'

/** What a thing of the original is in a copy: OIDs of the original, each with the one of the copy. */
export interface CopiedOids {
  readonly relations: ReadonlyMap<number, number>
  readonly functions: ReadonlyMap<number, number>
  readonly types: ReadonlyMap<number, number>
}

export interface CopiedTable {
  readonly relation: number
  readonly family: number
  readonly baseline: Baseline
}

/** Makes the notes of the original about its tables and functions notes about those of the copy. */
export async function rewriteOids(
  session: Session,
  run: number,
  { systemIdentifier, databaseOid, database }: ServerFacts,
  oids: CopiedOids,
  tables: ReadonlyMap<number, CopiedTable>,
): Promise<void> {
  await session.query(
    `update ${schema}.runs set system_identifier = $2, database_oid = $3, database_name = $4
      where plan = (select plan from ${schema}.runs where id = $1)`,
    [run, systemIdentifier, databaseOid, database],
  )
  const mappings = await session.query<{ position: number; relation: number }>(
    `select position, relation from ${schema}.mappings where run = $1`,
    [run],
  )
  const objects = await session.query<{ position: number; class: string; oid: number }>(
    `select position, class, oid from ${schema}.objects where run = $1`,
    [run],
  )
  // No row may keep what another is about to get; nothing that a user has made has an OID that low.
  await session.query(`update ${schema}.mappings set relation = position::oid where run = $1`, [run])
  await session.query(`update ${schema}.objects set oid = position::oid where run = $1`, [run])
  await session.query(
    `update ${schema}.mappings m set relation = (n->>'relation')::oid, family = (n->>'family')::oid, baseline = n->'baseline'
       from jsonb_array_elements($2::jsonb) n where m.run = $1 and m.position = (n->>'position')::int`,
    [run, JSON.stringify(mappings.map(({ position, relation }) => ({ position, ...tables.get(relation)! })))],
  )
  const known = (kind: string, oid: number): number =>
    (kind === 'function' ? oids.functions : oids.types).get(oid)!
  await session.query(
    `update ${schema}.objects o set oid = (n->>'oid')::oid
       from jsonb_array_elements($2::jsonb) n where o.run = $1 and o.position = (n->>'position')::int`,
    [
      run,
      JSON.stringify(objects.map(({ position, class: kind, oid }) => ({ position, oid: known(kind, oid) }))),
    ],
  )
}

/** What steps have recorded for their undo. */
export async function rewriteRecords(
  session: Session,
  run: number,
  records: readonly Pick<StepRow, 'phase' | 'id' | 'record'>[],
): Promise<void> {
  await session.query(
    `update ${schema}.steps s set record = n->'record'
       from jsonb_array_elements($2::jsonb) n where s.run = $1 and s.phase = (n->>'phase')::int and s.id = n->>'id'`,
    [run, JSON.stringify(records)],
  )
}

/**
 * What was true of the original alone is forgotten: who used its old names, poolers that it had paused. What services
 * read is newer than what they read there.
 */
export async function forgetOriginal(session: Session, run: number, plan: string): Promise<void> {
  await session.query(`delete from ${schema}.usage where run = $1`, [run])
  await session.query(`delete from ${schema}.pauses where run = $1`, [run])
  await session.query(`update ${schema}.mapping_epochs set epoch = epoch + 1 where plan = $1`, [plan])
  // A dump without privileges has lost these too.
  await session.script(`grant usage on schema ${schema} to public; grant select on ${schema}.names to public`)
}

/** The privileges that both names of each thing had last in common; roles are known by name in another cluster. */
export async function rewritePrivileges(
  session: Session,
  run: number,
  standIns: readonly { class: 'relation' | 'function'; was: number; oid: number; other: number }[],
): Promise<void> {
  const known = await session.query<{ row: object }>(
    `select distinct on (class, object) to_jsonb(k) as row from ${schema}.privileges k
      where run = $1 order by class, object, settled_at desc`,
    [run],
  )
  await session.query(`delete from ${schema}.privileges where run = $1`, [run])
  await session.query(
    `with known as (select k.* from jsonb_populate_recordset(null::${schema}.privileges, $3::jsonb) k),
     roles as (
       select k.class, k.object, r.key::oid as was, p.oid from known k cross join jsonb_each_text(k.roles) r
         join pg_roles p on p.rolname = r.value
       union all select class, object, 0, 0 from known)
     insert into ${schema}.privileges (run, class, object, other, owner, items, roles, seen)
     select distinct $1::bigint, k.class, (n->>'oid')::oid, (n->>'other')::oid,
            coalesce((select r.oid from roles r where r.class = k.class and r.object = k.object and r.was = k.owner),
                     ${schema}.owner_of(k.class, (n->>'oid')::oid)),
            (select coalesce(jsonb_agg(jsonb_build_array(i -> 0, e.oid::bigint, i -> 2, g.oid::bigint, i -> 4) order by i), '[]')
               from jsonb_array_elements(k.items) i
               join roles e on e.class = k.class and e.object = k.object and e.was = (i ->> 1)::oid
               join roles g on g.class = k.class and g.object = k.object and g.was = (i ->> 3)::oid),
            k.roles, ''
       from jsonb_array_elements($2::jsonb) n join known k on k.class = n->>'class' and k.object = (n->>'was')::oid`,
    [run, JSON.stringify(standIns), JSON.stringify(known.map(({ row }) => row))],
  )
}

/** A scream whose privileges were taken when the copy was made: the roles it took them from, by their names. */
export async function rewriteScreams(
  session: Session,
  run: number,
  standIns: readonly { name: string; other: number }[],
): Promise<{ id: number; name: string }[]> {
  const open = await session.query<{ id: number; name: string }>(
    `update ${schema}.screams s
        set relation = o.other, owner = c.relowner,
            grants = (select coalesce(jsonb_agg(to_jsonb(g) order by g."column" nulls first, g.position), '[]') from (
              select l.col as "column", min(x.position) as position, x.grantor, x.grantee,
                     coalesce(array_agg(x.privilege) filter (where not x.grantable), '{}') as plain,
                     coalesce(array_agg(x.privilege) filter (where x.grantable), '{}') as grantable
                from (select null::smallint as col, coalesce(s.acl::aclitem[], acldefault('r', c.relowner)) as acl
                      union all
                      select a.attnum, (e.value)::aclitem[] from jsonb_each_text(s.column_acls) e join pg_attribute a on a.attrelid = o.other and a.attname = e.key) l
               cross join lateral aclexplode(l.acl) with ordinality x (grantor, grantee, privilege, grantable, position)
               group by l.col, x.grantor, x.grantee) g)
       from jsonb_to_recordset($2::jsonb) o (name text, other oid) join pg_class c on c.oid = o.other
      where s.run = $1 and s.given_back_at is null and s.name = o.name
      returning s.id::int, s.name`,
    [run, JSON.stringify(standIns)],
  )
  await session.query(
    `update ${schema}.screams set given_back_at = clock_timestamp(), given_back_by = 'adopt', remark = 'the old name is not in the copy'
      where run = $1 and given_back_at is null and not id = any($2::bigint[])`,
    [run, open.map(({ id }) => id)],
  )
  return open
}
