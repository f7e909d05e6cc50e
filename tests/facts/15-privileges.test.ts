import { expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'
import { sampleRoles } from '../support/sample.ts'

const maintain = sharedCluster().major >= 17 ? ['maintain'] : []
const structure = `
  create table public.t (id integer, name text, secret text);
  grant select, insert, trigger on public.t to test_writer with grant option;
  grant select (id, name), update (name), insert (id) on public.t to test_reader;
  grant references (id) on public.t to public;
  ${maintain.map((right) => `grant ${right} on public.t to test_reader;`).join('')}
  alter table public.t owner to test_owner;
  alter default privileges in schema public grant delete on tables to test_reader;
  alter default privileges grant truncate on tables to test_writer;`

/** Who may do what with a table and each of its columns, with the right to hand it on. */
const rights = (name: string): string => `
  select format('%s %s %s', role, coalesce(col, 'table'), privilege) as line
    from unnest(array['test_writer', 'test_reader', 'test_owner', 'public']) role,
         unnest(array[null, 'id', 'name', 'secret']) col,
         unnest(array['select', 'insert', 'update', 'delete', 'references', 'trigger'${maintain.map((it) => `, '${it}'`).join('')}]) kind,
         unnest(array[kind, kind || ' with grant option']) privilege
   where case when col is null then has_table_privilege(role, '${name}', privilege)
              when kind in ('select', 'insert', 'update', 'references') then has_column_privilege(role, '${name}', col, privilege) end
   order by 1`

test('who may do what, column by column and with the right to hand it on, is the same by both names in each phase', async () => {
  await sampleRoles()
  await using database = await freshDatabase('privileges')
  await sql(database.url, structure)
  await using client = await connect(database.url)
  const vector = async (name: string): Promise<string[]> =>
    (await client.rows<{ line: string }>(rights(name))).map(({ line }) => line)
  const before = await vector('public.t')
  expect(before).toContain('test_writer table select with grant option')
  expect(before).toContain('test_reader name update')
  expect(before).not.toContain('test_reader table delete')
  const plan = planFor(database.url, { services: { s: ['t'] } })
  for (const change of [
    () => run(plan, [1]),
    () => run(plan, [2]),
    () => undo(plan, { to: 1 }),
    () => run(plan, [2]),
  ]) {
    await change()
    expect(await vector('public.t')).toEqual(before)
    expect(await vector('s.t')).toEqual(before)
    expect(await problems(plan)).toEqual([])
  }
  await run(plan, [3])
  expect(await vector('s.t')).toEqual(before)
})
