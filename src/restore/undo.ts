import { measureContent } from '../content/measure.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { ident, qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { keptSchema } from '../plan/names.ts'
import { endKept, keptNames, type KeptRestore, type KeptTable } from './kept.ts'
import { changeLocked, type Ground } from './locked.ts'
import type { LiveTable } from './pairing.ts'
import { holdState } from './turn.ts'

/**
 * Puts the rows back that a restore has taken away or changed, and takes away those it has put there.
 * @throws MigrateError `restore-refused` with counts when somebody has changed these rows since; `lock-timeout`
 */
export async function undoRestore(ground: Ground, kept: KeptRestore): Promise<void> {
  const { session } = ground
  const tables = await whereTheyAre(session, kept.tables)
  const change = async (): Promise<void> => {
    await holdState(session, kept, ['kept'])
    const problems: string[] = []
    for (const table of kept.tables) problems.push(...(await changesSince(session, kept, table, tables)))
    const [first, ...others] = problems
    if (first !== undefined) throw changedSince(kept, first, others)
    for (const table of kept.tables) {
      const live = tables.get(table.relation)!
      if (!table.wasAbsent) await putBack(session, kept, table, live)
    }
    await dropTables(
      session,
      kept.tables.filter(({ wasAbsent }) => wasAbsent).map(({ relation }) => tables.get(relation)!),
    )
    await endKept(session, kept.id, 'undone')
  }
  await changeLocked(ground, [...tables.values()], change, [
    `put back what these rows refer to, then migrate restore --undo ${kept.id}`,
    `or look into schema ${keptSchema}: before_${kept.id}_* are the old rows`,
  ])
}

/** Keys of other tables to them cannot be older than they are. */
export async function dropTables(session: Session, tables: readonly LiveTable[]): Promise<void> {
  if (tables.length === 0) return
  const keys = await session.query<{ statement: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as statement
       from pg_constraint
      where contype = 'f' and conparentid = 0 and confrelid = any ($1::oid[]) and conrelid <> all ($1::oid[])`,
    [tables.map(({ oid }) => oid)],
  )
  for (const { statement } of keys) await session.script(statement)
  await session.script(`drop table ${tables.map(qualified).join(', ')}`)
}

async function whereTheyAre(session: Session, tables: readonly KeptTable[]): Promise<Map<number, LiveTable>> {
  const found = await session.query<LiveTable>(
    `select c.oid::int8::float8 as oid, n.nspname as schema, c.relname as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid = any ($1::oid[]) and c.relkind in ('r', 'p')`,
    [tables.map(({ relation }) => relation)],
  )
  const live = new Map(found.map((table) => [table.oid, table]))
  const gone = tables.filter(({ relation }) => !live.has(relation))
  if (gone.length === 0) return live
  throw new MigrateError('restore-refused', `${gone[0]!.name} is gone since it was restored`, {
    detail: gone.slice(1).map(({ name }) => `${name} too`),
    next: [`look into schema ${keptSchema}: the old rows are there`],
  })
}

/**
 * The rows of this restore that are no longer as it left them, counted. A row is made text as a record, by what its types
 * write: a cast of the table’s own row type to text is whatever its owner has made it.
 */
async function changesSince(
  session: Session,
  { id }: KeptRestore,
  table: KeptTable,
  tables: ReadonlyMap<number, LiveTable>,
): Promise<string[]> {
  const live = tables.get(table.relation)!
  if (table.wasAbsent) {
    const [sum] = await measureContent(session, [live])
    return sum?.checksum === table.checksum ? [] : [`${qualified(live)}: other rows than were restored`]
  }
  const { before, after } = keptNames(id, table.relation)
  if (!(await hasSameColumns(session, live, after)))
    return [`${qualified(live)}: other columns than when it was restored`]
  const key = await keyOf(session, id, table)
  const { changed } = await session.one<{ changed: number }>(
    `select coalesce(sum(a.copies - least(a.copies, coalesce(l.copies, 0))), 0)::int as changed
       from (select row(t.*)::text as line, count(*) as copies from ${after} t group by 1) a
       left join (select row(t.*)::text as line, count(*) as copies from ${qualified(live)} t
                   where ${restricted(key, after)} group by 1) l on l.line = a.line`,
  )
  const { taken } =
    key.length === 0
      ? { taken: 0 }
      : await session.one<{ taken: number }>(
          `select count(*)::int as taken from ${before} t
            where (${names('t', key)}) in (select ${names('l', key)} from ${qualified(live)} l)
              and (${names('t', key)}) not in (select ${names('a', key)} from ${after} a)`,
        )
  return [
    ...(changed > 0
      ? [`${qualified(live)}: ${changed} of the restored rows were changed or deleted since`]
      : []),
    ...(taken > 0 ? [`${qualified(live)}: ${taken} keys of old rows were taken by new ones since`] : []),
  ]
}

async function putBack(
  session: Session,
  { id }: KeptRestore,
  table: KeptTable,
  live: LiveTable,
): Promise<void> {
  const { before, after } = keptNames(id, table.relation)
  const key = await keyOf(session, id, table)
  const target = qualified(live)
  await session.script(`
    delete from ${target} d using (
      select t.tableoid as part, t.ctid as place, row(t.*)::text as line, row_number() over (partition by row(t.*)::text) as n
        from ${target} t where ${restricted(key, after)}) l
      join (select row(t.*)::text as line, count(*) as copies from ${after} t group by 1) a on a.line = l.line and l.n <= a.copies
     where d.tableoid = l.part and d.ctid = l.place`)
  const columns = await session.one<{ list: string }>(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as list from pg_attribute
      where attrelid = $1 and attnum > 0 and not attisdropped and attgenerated = ''`,
    [live.oid],
  )
  await session.script(
    `insert into ${target} (${columns.list}) overriding system value select ${columns.list} from ${before}`,
  )
}

/** Of a large table with a key only the rows in question are looked at. */
function restricted(key: readonly string[], after: string): string {
  return key.length === 0 ? 'true' : `(${names('t', key)}) in (select ${names('a', key)} from ${after} a)`
}

function names(table: string, key: readonly string[]): string {
  return key.map((name) => `${table}.${ident(name)}`).join(', ')
}

async function keyOf(session: Session, restore: number, { relation }: KeptTable): Promise<string[]> {
  const { key } = await session.one<{ key: string[] }>(
    `select key from ${keptSchema}.tables where restore = $1 and relation = $2`,
    [restore, relation],
  )
  return key
}

async function hasSameColumns(session: Session, live: LiveTable, kept: string): Promise<boolean> {
  const { same } = await session.one<{ same: boolean }>(
    `select (select array_agg((attname::text, atttypid) order by attnum) from pg_attribute
              where attrelid = $1 and attnum > 0 and not attisdropped)
          = (select array_agg((attname::text, atttypid) order by attnum) from pg_attribute
              where attrelid = to_regclass($2) and attnum > 0 and not attisdropped) as same`,
    [live.oid, kept],
  )
  return same
}

function changedSince(kept: KeptRestore, first: string, others: readonly string[]): MigrateError {
  return new MigrateError('restore-refused', `restore ${kept.id} cannot be undone: ${first}`, {
    detail: others,
    state: { kind: 'rolled-back', sentence: 'nothing was changed; the old rows are kept' },
    next: [
      `look into schema ${keptSchema}: before_${kept.id}_* are the old rows, after_${kept.id}_* the restored ones`,
      `migrate restore --release ${kept.id}        gives the old rows up`,
    ],
  })
}
