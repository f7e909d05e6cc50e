import { expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { testSince } from '../support/needing.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { failureOf, problems, run, undo } from '../support/run.ts'
import { sampleRoles } from '../support/sample.ts'
import { outcomesOf } from './outcome.ts'

const structure = `
  create table public.rows (id integer, tenant text not null, body text);
  insert into public.rows values (1, 'test_writer', 'w'), (2, 'test_reader', 'r'), (3, 'test_owner', 'o');
  alter table public.rows enable row level security;
  create policy own_rows on public.rows to test_writer, test_owner using (tenant = current_user) with check (tenant = current_user);
  create table public.forced (like public.rows); insert into public.forced select * from public.rows;
  alter table public.forced enable row level security, force row level security;
  create policy own_rows on public.forced to test_writer, test_owner using (tenant = current_user) with check (tenant = current_user);
  grant all on public.rows, public.forced to test_writer, test_reader;
  alter table public.rows owner to test_owner; alter table public.forced owner to test_owner;`

const statements = (schema: string): string[] =>
  ['rows', 'forced'].flatMap((table) => [
    `select id from ${schema}.${table} order by id`,
    `update ${schema}.${table} set body = 'changed'`,
    `insert into ${schema}.${table} values (9, current_user)`,
    `insert into ${schema}.${table} values (9, 'test_reader')`,
    `delete from ${schema}.${table} where tenant = 'test_reader'`,
  ])

testSince(15)(
  'other tenants’ rows are neither seen nor written by any name, by application, outsider, owner and superuser',
  async () => {
    await sampleRoles()
    await using database = await freshDatabase('row_security')
    await sql(database.url, structure)
    const roles = ['test_writer', 'test_reader', 'test_owner', 'postgres']
    const vector = async (schema: string): Promise<string[]> => {
      const lines: string[] = []
      for (const role of roles) {
        await using client = await connect(database.url, 'tenant', role)
        const outcomes = await outcomesOf(client, statements(schema))
        lines.push(...outcomes.map((line) => `${role}: ${line.replaceAll(`${schema}.`, '')}`))
      }
      return lines
    }
    const before = await vector('public')
    expect(before).toContain('test_writer: select id from rows order by id → SELECT 1 [{"id":1}]')
    expect(before).toContain(
      'test_owner: select id from rows order by id → SELECT 3 [{"id":1},{"id":2},{"id":3}]',
    )
    expect(before).toContain('test_owner: select id from forced order by id → SELECT 1 [{"id":3}]')
    const plan = planFor(database.url, { services: { s: ['rows', 'forced'] } })
    for (const change of [
      () => run(plan, [1]),
      () => run(plan, [2]),
      () => undo(plan, { to: 1 }),
      () => run(plan, [2]),
    ]) {
      await change()
      expect(await vector('public')).toEqual(before)
      expect(await vector('s')).toEqual(before)
    }
    // Also what counts uses is the caller's view.
    expect(
      await rowsOf(
        database.url,
        `select relname, 'security_invoker=true' = any(reloptions) as invoker, pg_get_viewdef(oid) like '%used_%' as counts
         from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v' order by 1`,
      ),
    ).toEqual(['forced', 'rows'].map((relname) => ({ relname, invoker: true, counts: true })))
    expect(await problems(plan)).toEqual([])
  },
)

test('a table with row security and column grants is refused; and before PostgreSQL 15 any with row security', async () => {
  await sampleRoles()
  await using database = await freshDatabase('row_security')
  await sql(database.url, `${structure} grant select (id) on public.forced to public`)
  const refused = await failureOf(run(planFor(database.url, { services: { s: ['rows', 'forced'] } }), [1]))
  expect(refused).toMatchObject({ code: 'preflight-refused', exitCode: 4 })
  const said = [refused.message, ...refused.detail].join('\n')
  expect(said).toMatch(/row-security-columns on public\.forced/)
  if (sharedCluster().major < 15) expect(said).toMatch(/row-security on public\.rows: .*before PostgreSQL 15/)
  else expect(said).not.toMatch(/public\.rows/)
  expect(await rowsOf(database.url, `select from pg_namespace where nspname in ('s', 'migrate')`)).toEqual([])
})
