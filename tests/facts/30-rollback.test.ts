import { expect, test } from '@jest/globals'
import { connect, sql } from '../support/client.ts'
import { phasesOf, planFor } from '../support/plan.ts'
import { failureOf, problems, run, undo } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

/** What teams do between phases: by the new name where it is a table already, views by both. */
const additions = (stand: string, users: string): string => `
  create view public.by_old_${stand} as select id, email from public.users;
  create view accounts.by_new_${stand} as select id, email from accounts.users;
  insert into public.users (email) values ('old-${stand}'); insert into accounts.users (email) values ('new-${stand}');
  create table public.refers_${stand} (user_id integer references ${users});
  insert into public.refers_${stand} values (1);`
const changes = (stand: string): string => `
  alter table accounts.users add column extra_${stand} integer default 1;
  create index users_extra_${stand} on accounts.users (extra_${stand});
  alter table accounts.users add constraint positive_${stand} check (extra_${stand} > 0);`

test('what was added at any stand, by any name, is there after the way back: rows, columns, indexes, keys, views', async () => {
  await using database = await sampleDatabase('added')
  const plan = planFor(database.url, samplePlan)
  const { expand, switches, contract } = phasesOf(plan)
  await run(plan, [expand])
  await sql(database.url, additions('expanded', 'public.users'))
  await run(plan, switches)
  await sql(database.url, additions('switched', 'accounts.users') + changes('switched'))
  await undo(plan, { to: expand })
  await using client = await connect(database.url)
  for (const stand of ['expanded', 'switched']) {
    for (const view of [`public.by_old_${stand}`, `accounts.by_new_${stand}`])
      expect(await client.value(`select count(*)::int from ${view} where email like '%-${stand}'`)).toBe(2)
    expect(
      await client.value(
        `select confrelid::regclass::text from pg_constraint where conname = 'refers_${stand}_user_id_fkey'`,
      ),
    ).toBe('users')
    await expect(client.query(`delete from public.users where id = 1`)).rejects.toMatchObject({
      code: '23503',
    })
  }
  expect(await client.value(`select sum(extra_switched)::int - count(*)::int from public.users`)).toBe(0)
  await expect(client.query(`update public.users set extra_switched = -1`)).rejects.toMatchObject({
    code: '23514',
  })
  expect(await client.value(`select to_regclass('public.users_extra_switched') is not null`)).toBe(true)

  // What was made of a view or in the new schema keeps it: in the way of its end, not of the switch back.
  const refused = await failureOf(undo(plan, { to: 0 }))
  expect([refused.code, refused.state.kind]).toEqual(['statement-failed', 'rolled-back'])
  expect(refused.detail.join('\n')).toMatch(/by_new_expanded|by_old_switched/)
  await sql(
    database.url,
    'drop view accounts.by_new_expanded, public.by_old_switched, accounts.by_new_switched',
  )
  await undo(plan, { to: 0 })
  expect(
    await client.value(`select count(*)::int from public.by_old_expanded where email ~ '^(old|new)-'`),
  ).toBe(4)
  await run(plan, [expand, ...switches, contract])
  expect(await problems(plan)).toEqual([])
  await undo(plan, { to: 0 })
  expect(await client.value(`select count(*)::int from public.users where email ~ '^(old|new)-'`)).toBe(4)
  expect(
    await client.value(`select count(*)::int from refers_switched join public.users u on u.id = user_id`),
  ).toBe(1)
})
