import { expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, sql, type TestClient } from '../support/client.ts'
import type { FreshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'
import { sampleDatabase } from '../support/sample.ts'

/** Before PostgreSQL 15 a table with row security is not moved. */
const rowSecurity = sharedCluster().major < 15 ? '' : 'alter table public.notes enable row level security;'
const notes = `
  create table public.notes (id serial primary key, owner text not null default current_user, body text default 'empty');
  ${rowSecurity}
  create policy mine on public.notes using (owner = current_user) with check (owner = current_user);
  grant select, insert, update on public.notes to test_writer, test_reader;
  grant usage on sequence public.notes_id_seq to test_writer, test_reader;
  insert into public.notes (owner, body) values ('test_writer', 'w'), ('test_reader', 'r'), ('postgres', 'p');
`

/** What a role can do by a name, statement by statement: the rows, or the SQLSTATE. */
async function vector(
  database: FreshDatabase,
  role: string,
  users: string,
  rows: string,
): Promise<unknown[]> {
  await using client = await connect(database.url, 'vector', role)
  const statements = [
    `select id, email from ${users} where id = 1`,
    `select note from ${users} where id = 1`,
    `select count(*)::int from ${users}`,
    `update ${users} set state = default where id = 1 returning state`,
    `update ${users} set note = 'x' where id = 1`,
    `insert into ${users} (email) values ('${role}@example.org') returning state`,
    `delete from ${users} where email = '${role}@example.org'`,
    `select owner, body from ${rows} order by id`,
    `insert into ${rows} (body) values ('mine') returning owner, body`,
    `insert into ${rows} (owner) values ('postgres')`,
    `update ${rows} set body = default returning owner, body`,
    `delete from ${rows}`,
  ]
  const answers: unknown[] = []
  for (const statement of statements) answers.push(await answer(client, statement))
  return answers
}

async function answer(client: TestClient, statement: string): Promise<unknown> {
  await client.query('begin')
  try {
    const { rows, rowCount } = await client.query(statement)
    return { rows, rowCount }
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await client.query('rollback')
  }
}

test('every role may do the same by old and new name at each phase: grants, columns, row security, defaults', async () => {
  await using database = await sampleDatabase('rights')
  await sql(database.url, notes)
  const plan = planFor(database.url, { services: { accounts: ['users', 'notes'] } })
  const roles = ['test_writer', 'test_reader', 'test_owner', 'postgres']
  const before = new Map<string, unknown[]>()
  for (const role of roles) before.set(role, await vector(database, role, 'public.users', 'public.notes'))
  expect(before.get('test_reader')?.slice(0, 2)).toEqual([
    { rows: [{ id: 1, email: 'user1@example.org' }], rowCount: 1 },
    '42501',
  ])

  const sameBy = async (...schemas: string[]): Promise<void> => {
    for (const role of roles) {
      for (const schema of schemas) {
        const now = await vector(database, role, `${schema}.users`, `${schema}.notes`)
        // Without any grant on its tables a role may not enter the new schema, which is refused in the same way.
        expect([role, schema, now]).toEqual([role, schema, before.get(role)])
      }
    }
  }
  await run(plan, [1])
  await sameBy('public', 'accounts')
  await run(plan, [2])
  await sameBy('public', 'accounts')
  await undo(plan, { to: 1 })
  await sameBy('public', 'accounts')
  await run(plan, [2, 3])
  await sameBy('accounts')
  expect(await problems(plan)).toEqual([])
})
