import { keptSchema } from '../plan/names.ts'
import { ident, literal, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { stateOf } from '../pg/sqlstate.ts'
import { holdState } from './turn.ts'

const mark = 'made by pg-relocate: rows as they were before a restore; do not change by hand'

/** A restore whose old rows may still be there. */
export interface KeptRestore {
  readonly id: number
  readonly source: string
  readonly at: Date
  readonly by: string
  readonly state: 'begun' | 'kept' | 'undone' | 'released'
  readonly bytes: number
  readonly tables: readonly KeptTable[]
}

export interface KeptTable {
  readonly relation: number
  readonly name: string
  readonly added: number
  readonly deleted: number
  readonly changed: number
  /** Was it gone before the restore? Then there are no old rows. */
  readonly wasAbsent: boolean
  /** What the restore made of a table that was absent; the undo drops it only unchanged. */
  readonly checksum: string | null
}

const dropSchema = `drop table ${keptSchema}.restores, ${keptSchema}.tables; drop schema ${keptSchema};`

/** Makes the schema in which old rows are kept, for the runner alone. */
export async function prepareKept(session: Session): Promise<void> {
  const { exists } = await session.one<{ exists: boolean }>(
    'select to_regnamespace($1) is not null as exists',
    [keptSchema],
  )
  if (exists) return
  await session.script(`
    begin;
    create schema ${keptSchema};
    comment on schema ${keptSchema} is ${literal(mark)};
    revoke all on schema ${keptSchema} from public;
    create table ${keptSchema}.restores (
      id bigint generated always as identity primary key,
      source text not null,
      at timestamptz not null default clock_timestamp(),
      by text not null default session_user,
      state text not null default 'begun' check (state in ('begun', 'kept', 'undone', 'released'))
    );
    comment on table ${keptSchema}.restores is 'Restores into live tables';
    create table ${keptSchema}.tables (
      restore bigint not null references ${keptSchema}.restores on delete cascade,
      relation oid not null,
      name text not null,
      added bigint not null default 0,
      deleted bigint not null default 0,
      changed bigint not null default 0,
      was_absent boolean not null default false,
      checksum text,
      key text[] not null default '{}',
      primary key (restore, relation)
    );
    comment on table ${keptSchema}.tables is 'What a restore changed; the rows are in before_ID_OID and after_ID_OID';
    comment on column ${keptSchema}.tables.added is 'Rows that had come since the backup, and were deleted';
    comment on column ${keptSchema}.tables.deleted is 'Rows that had gone since the backup, and were inserted';
    commit`)
}

/**
 * Notes that a restore begins, with the tables it will make and what will be in them: one that is killed meanwhile is
 * known by that.
 */
export async function beginKept(
  session: Session,
  source: string,
  absent: readonly { readonly table: QualifiedName; readonly checksum: string }[],
): Promise<number> {
  // Numbers stand for OIDs that nobody knows yet; those of users' tables are higher (16384).
  const { id } = await session.one<{ id: number }>(
    `with begun as (insert into ${keptSchema}.restores (source) values ($1) returning id),
          noted as (insert into ${keptSchema}.tables (restore, relation, name, was_absent, checksum)
                    select begun.id, a.n::oid, a.name, true, a.checksum
                      from begun, unnest($2::text[], $3::text[]) with ordinality a (name, checksum, n))
     select id::int from begun`,
    [source, absent.map(({ table }) => qualified(table)), absent.map(({ checksum }) => checksum)],
  )
  return id
}

/** The OID of a table that a restore has made, or is about to make; in a query on its notes `t`. */
export const madeOid = `case when t.relation >= 16384 then t.relation else to_regclass(t.name)::oid end`

const isUnfinished = `r.state = 'begun' and exists (
  select from ${keptSchema}.tables t join pg_class c on c.oid = ${madeOid}
   where t.restore = r.id and c.relkind in ('r', 'p'))`

/** The tables that hold the rows a restore has taken away or changed, and those it has put there. */
export function keptNames(restore: number, relation: number): { before: string; after: string } {
  return {
    before: qualified({ schema: keptSchema, name: `before_${restore}_${relation}` }),
    after: qualified({ schema: keptSchema, name: `after_${restore}_${relation}` }),
  }
}

export interface Exchanged {
  readonly relation: number
  readonly live: QualifiedName
  readonly added: number
  readonly deleted: number
  readonly changed: number
  readonly key: readonly string[]
}

export async function noteExchanged(session: Session, restore: number, it: Exchanged): Promise<void> {
  await session.query(
    `insert into ${keptSchema}.tables (restore, relation, name, added, deleted, changed, key)
     values ($1, $2, $3, $4, $5, $6, $7::text[])`,
    [restore, it.relation, qualified(it.live), it.added, it.deleted, it.changed, it.key],
  )
}

/** Notes which table it is that the restore has made. */
export async function noteMade(
  session: Session,
  restore: number,
  table: QualifiedName,
  checksum: string,
): Promise<void> {
  await session.query(
    `update ${keptSchema}.tables set relation = to_regclass($2), checksum = $3 where restore = $1 and name = $2`,
    [restore, qualified(table), checksum],
  )
}

export async function hasKept(session: Session): Promise<boolean> {
  const { exists } = await session.one<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
    `${keptSchema}.restores`,
  ])
  return exists
}

/**
 * What is kept, newest first; the sizes are those of the old rows. One that was interrupted is among it only if tables
 * are there that it has made.
 */
export async function readKept(session: Session): Promise<KeptRestore[]> {
  if (!(await hasKept(session))) return []
  try {
    return await queryKept(session)
  } catch (error) {
    // Somebody has released the last of them since.
    if (stateOf(error) === '42P01') return []
    throw error
  }
}

function queryKept(session: Session): Promise<KeptRestore[]> {
  return session.query<KeptRestore>(
    `select r.id::int, r.source, r.at, r.by, r.state,
            coalesce((select sum(pg_total_relation_size(c.oid)) from pg_class c
                       where c.relnamespace = to_regnamespace($1) and c.relkind = 'r'
                         and c.relname ~ ('^(before|after)_' || r.id || '_')), 0)::float8 as bytes,
            coalesce((select jsonb_agg(jsonb_build_object('relation', t.relation::bigint, 'name', t.name, 'added', t.added,
                               'deleted', t.deleted, 'changed', t.changed, 'wasAbsent', t.was_absent,
                               'checksum', t.checksum) order by t.name)
                        from ${keptSchema}.tables t where t.restore = r.id), '[]') as tables
       from ${keptSchema}.restores r where r.state <> 'begun' or ${isUnfinished} order by r.id desc`,
    [keptSchema],
  )
}

export async function endKept(
  session: Session,
  restore: number,
  state: 'kept' | 'undone' | 'released',
): Promise<void> {
  await session.query(`update ${keptSchema}.restores set state = $2 where id = $1`, [restore, state])
}

/** Takes back the note of a restore that has changed nothing. */
export async function forgetKept(session: Session, restore: number): Promise<void> {
  await session.query(`delete from ${keptSchema}.restores where id = $1`, [restore])
  const { others } = await session.one<{ others: boolean }>(
    `select exists (select from ${keptSchema}.restores) as others`,
  )
  if (!others) await session.script(dropSchema)
}

/** Takes back the notes of interrupted restores that have left nothing, while none is at work. */
export async function forgetInterrupted(session: Session): Promise<void> {
  if (!(await hasKept(session))) return
  const left = await session.query<{ id: number }>(
    `select r.id::int from ${keptSchema}.restores r where r.state = 'begun' and not (${isUnfinished})`,
  )
  for (const { id } of left) await forgetKept(session, id)
}

/**
 * Drops the old rows of a restore; the schema goes with the last of them.
 * @throws MigrateError `usage-invalid` when there is nothing to drop any more
 */
export async function dropKept(session: Session, kept: KeptRestore, fence = ''): Promise<void> {
  await session.script(`begin; ${fence}`)
  try {
    // Before the old rows: whoever lists what is kept looks at these last.
    if (await hasKept(session)) await session.script(`lock table ${keptSchema}.restores`)
    await holdState(session, kept, ['kept', 'undone', 'begun'])
    if (kept.state === 'begun') await forgetKept(session, kept.id)
    else await dropRows(session, kept.id)
    await session.script('commit')
  } catch (error) {
    await session.script('rollback').catch(() => undefined)
    throw error
  }
}

async function dropRows(session: Session, id: number): Promise<void> {
  const tables = await session.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = to_regnamespace($1) and relkind = 'r' and relname ~ $2`,
    [keptSchema, `^(before|after)_${id}_`],
  )
  const { others } = await session.one<{ others: boolean }>(
    `select exists (select from ${keptSchema}.restores r where r.id <> $1 and (r.state in ('begun', 'kept')
              or exists (select from pg_class c where c.relnamespace = to_regnamespace($2)
                          and c.relname ~ ('^(before|after)_' || r.id || '_')))) as others`,
    [id, keptSchema],
  )
  const drops = tables.map(({ name }) => `drop table ${keptSchema}.${ident(name)};`).join('\n')
  const rest = others
    ? `update ${keptSchema}.restores set state = 'released' where id = ${id} and state <> 'undone';`
    : dropSchema
  await session.script(`${drops} ${rest}`)
}
