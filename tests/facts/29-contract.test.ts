import { expect, test } from '@jest/globals'
import { structureOf } from '../../scripts/structure/structure.ts'
import { sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { phasesOf, planFor } from '../support/plan.ts'
import { failureOf, problems, remove, run } from '../support/run.ts'
import { sampleRoles } from '../support/sample.ts'

/** Tables of two services in the schemas given, with whatever a table may have. */
const structure = (a: string, b: string): string => `
  create type public.mood as enum ('sad', 'happy');
  create function public.touched() returns trigger language plpgsql as $$ begin new.note := upper(new.note); return new; end $$;
  create table ${a}.users (id serial primary key, email text not null constraint one_email unique, mood public.mood default 'sad',
    note text collate "C" check (note <> ''), big bigint generated always as identity);
  create table ${b}.orders (id bigserial, at date, user_id integer references ${a}.users on delete cascade deferrable,
    total numeric(8, 2) default 0, twice numeric generated always as (total * 2) stored, primary key (id, at)) partition by range (at);
  create table ${b}.orders_2024 partition of ${b}.orders for values from ('2024-01-01') to ('2025-01-01');
  create unlogged table ${b}.carts (user_id integer references ${a}.users, during tsrange, exclude using gist (during with &&));
  create index users_mood on ${a}.users (mood) where mood = 'happy';
  create index on ${b}.orders (total);
  create statistics ${a}.users_pairs on email, note from ${a}.users;
  create trigger touched before update on ${a}.users for each row execute function public.touched();
  create rule no_delete as on delete to ${b}.carts do instead nothing;
  alter table ${a}.users set (fillfactor = 80), alter email set statistics 99, alter note set storage external, cluster on one_email;
  alter table ${b}.carts replica identity full;
  alter table ${a}.users owner to test_owner;
  grant select, update on ${a}.users to test_reader with grant option;
  grant insert (email, note) on ${a}.users to test_writer;
  grant usage on sequence ${a}.users_id_seq to test_writer;
  grant select on ${b}.orders to public;
  comment on table ${a}.users is 'people'; comment on column ${b}.orders.total is 'in euros';
  comment on constraint one_email on ${a}.users is 'no twins'; comment on index ${a}.users_mood is 'the happy ones';
  create publication feed for table ${a}.users;
  create view public.summary as select u.id, u.email, o.total from ${a}.users u join ${b}.orders o on o.user_id = u.id;`

test('after contract and uninstall there is what would be there if the tables had been made in their new schemas', async () => {
  await sampleRoles()
  await using moved = await freshDatabase('contracted')
  await sql(moved.url, structure('public', 'public'))
  const plan = planFor(moved.url, { services: { accounts: ['users'], sales: ['orders', 'carts'] } })
  await run(
    plan,
    plan.phases.map(({ number }) => number),
  )
  expect(await problems(plan)).toEqual([])
  await remove(plan)

  await using made = await freshDatabase('made')
  await sql(made.url, `create schema accounts; create schema sales; ${structure('accounts', 'sales')}`)
  const rights = /^(schema|comment on schema) (accounts|sales)\b/
  const lines = async (url: string): Promise<string[]> =>
    (await structureOf(url)).split('\n').filter((line) => !rights.test(line))
  expect(await lines(moved.url)).toEqual(await lines(made.url))
})

/** What may be made of an old name, and what takes it back. */
const dependents = [
  ['create view public.late as select id from public.t', 'drop view public.late'],
  [
    'create function public.f(public.t) returns int language sql as $$ select 1 $$',
    'drop function public.f(public.t)',
  ],
  ['create table public.keeps (row public.t)', 'drop table public.keeps'],
  ['create table public.keeps (rows public.t[])', 'drop table public.keeps'],
  ['create cast (public.t as text) with inout', 'drop cast (public.t as text)'],
  [
    'create function public.g() returns bigint begin atomic select count(*) from public.t; end',
    'drop function public.g()',
  ],
] as const

test('contract is refused while something is made of an old name, and drops nothing of it', async () => {
  await using database = await freshDatabase('dependents')
  await sql(database.url, 'create table public.t (id serial primary key)')
  const plan = planFor(database.url, { services: { s: ['t'] } })
  const { expand, switches, contract } = phasesOf(plan)
  await run(plan, [expand, ...switches])
  const before = await dumpAll(database.url)
  for (const [made, dropped] of dependents) {
    await sql(database.url, made)
    const refused = await failureOf(run(plan, [contract]))
    expect([made, refused.code, refused.state.kind]).toEqual([made, 'preflight-refused', 'untouched'])
    expect([refused.message, ...refused.detail].join('\n')).toMatch(/old-name-dependent/)
    await sql(database.url, dropped)
  }
  expect(await dumpAll(database.url)).toBe(before)
  await run(plan, [contract])
})
