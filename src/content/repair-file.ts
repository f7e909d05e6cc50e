import { open, rename, rm, writeFile } from 'node:fs/promises'
import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/quoting.ts'
import type { Side, TableComparison } from './compare.ts'
import { repairStatements } from './repair.ts'

export interface Repair {
  readonly left: Side
  readonly right: Side
  readonly comparison: TableComparison
}

/**
 * Writes a script that makes the right sides like the left ones; only the operator can read it. It has its name when it is
 * whole.
 * @throws MigrateError `usage-invalid` for a table that others inherit from
 */
export async function writeRepair(path: string, repairs: readonly Repair[]): Promise<void> {
  const different = repairs.filter(({ comparison }) => comparison.differences.length > 0)
  for (const { right } of different) await refuseParents(right)
  const unfinished = `${path}.unfinished`
  try {
    await writeFile(unfinished, repairHead, { mode: 0o600 })
    await using file = await open(unfinished, 'a')
    for (const { left, right, comparison } of different) {
      // A line break in a name would end the comment, and the rest be read as commands of psql.
      const name = qualified(right.relation).replaceAll(/\s/g, ' ')
      await file.write(`\n-- ${name}: ${comparison.differences.length} differences\n`)
      for await (const statement of repairStatements(left, right, comparison))
        await file.write(`${statement};\n`)
      for (const statement of await sequenceStatements(right)) await file.write(`${statement};\n`)
    }
    await file.write('\ncommit;\n')
    await file.sync()
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  await rename(unfinished, path)
}

/** A row of a child is a row of its parent, too, and nothing tells where one that is missing belongs. */
async function refuseParents({ session, relation }: Side): Promise<void> {
  const [child] = await session.query<{ name: string }>(
    `select h.inhrelid::regclass::text as name from pg_inherits h join pg_class c on c.oid = h.inhparent
      where c.oid = to_regclass($1) and c.relkind = 'r' limit 1`,
    [qualified(relation)],
  )
  if (child === undefined) return
  throw new MigrateError(
    'usage-invalid',
    `--repair cannot put ${qualified(relation)} right: ${child.name} inherits from it`,
    { next: ['compare it without --repair, and put its rows right by hand'] },
  )
}

/** Rows that come with their numbers leave the sequences behind. */
async function sequenceStatements({ session, relation }: Side): Promise<string[]> {
  const rows = await session.query<{ statement: string }>(
    `select format('select setval(%L, m.highest) from (select max(%I) as highest from %s) m, %s s where m.highest > s.last_value',
                   q.oid::regclass, a.attname, a.attrelid::regclass, q.oid::regclass) as statement
       from pg_depend d join pg_class q on q.oid = d.objid and q.relkind = 'S'
       join pg_sequence s on s.seqrelid = q.oid and s.seqincrement > 0
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
        and d.refobjid = to_regclass($1) and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)`,
    [qualified(relation)],
  )
  return rows.map(({ statement }) => statement)
}

const repairHead = `-- Makes the tables below like those of the other database, as they were when this was written.
-- Read it before you run it: psql --set ON_ERROR_STOP=1 --file THIS "$DATABASE"
begin;
-- No trigger acts on it, and foreign keys are not checked. Needs a superuser, or the right to SET it.
set local session_replication_role = replica;
set local client_encoding = 'UTF8';
set local search_path = pg_catalog, pg_temp;
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local timezone = 'UTC';
set local standard_conforming_strings = on;
`
