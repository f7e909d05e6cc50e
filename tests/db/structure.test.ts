import { expect, test } from '@jest/globals'
import { structureOf } from '../../scripts/structure/structure.ts'
import { sharedCluster } from '../support/cluster.ts'
import { connect } from '../support/client.ts'
import { sampleDatabase } from '../support/sample.ts'

// Where there is no pg_dump, this text is the proof that a way back leaves nothing: it must notice every change.
const { major } = sharedCluster()

test('the text of a structure is the same twice, and each change is in it until it is taken back', async () => {
  await using database = await sampleDatabase('structure')
  await using client = await connect(database.url)
  await client.query(`
    create type public.mood as enum ('sad'); create domain public.plz as text; create schema other;
    create policy mine on public.users using (true); create publication feed; create statistics public.pair on id, email from public.users`)
  const before = await structureOf(database.url)
  expect(await structureOf(database.url)).toBe(before)
  const blind: string[] = []
  for (const [change, back] of changes) {
    await client.query(change)
    if ((await structureOf(database.url)) === before) blind.push(change)
    await client.query(back)
    expect([change, await structureOf(database.url)]).toEqual([change, before])
  }
  expect(blind).toEqual([])
})

test('rows and positions of sequences are in it when they are asked for', async () => {
  await using database = await sampleDatabase('structure_rows')
  await using client = await connect(database.url)
  const seen = new Set([await structureOf(database.url, { rows: true })])
  const changes = [
    `insert into public.audit values (1000, 'one more')`,
    `update public.users set note = 'other' where id = 3`,
    `select nextval('public.audit_id_seq')`,
    `insert into public.events (at, user_id) values ('2024-05-05', 1)`,
  ]
  for (const change of changes) {
    await client.query(change)
    seen.add(await structureOf(database.url, { rows: true }))
  }
  expect(seen.size).toBe(1 + changes.length)
})

test('a schema that is left out is left out with all that is in it', async () => {
  await using database = await sampleDatabase('structure_except')
  await using client = await connect(database.url)
  const extent = { rows: true, except: 'other' }
  const before = await structureOf(database.url, extent)
  await client.query(`
    create schema other; comment on schema other is 'x'; create type other.mood as enum ('sad');
    create table other.t (id serial primary key, check (id > 0)); create index on other.t (id); insert into other.t values (1);
    comment on constraint t_id_check on other.t is 'x'; comment on column other.t.id is 'x'; create view other.v as table other.t;
    create policy mine on other.t using (true); create rule r as on delete to other.t do instead nothing;
    create function other.f() returns trigger language plpgsql as 'begin return new; end';
    create trigger g before insert on other.t for each row execute function other.f(); comment on trigger g on other.t is 'x';
    comment on function other.f() is 'x'; alter default privileges in schema other grant select on tables to public`)
  expect(await structureOf(database.url, extent)).toBe(before)
  expect(await structureOf(database.url, { rows: true })).not.toBe(before)
})

/** A change, and what takes it back. */
const changes: readonly (readonly [string, string])[] = [
  [`create schema more`, `drop schema more`],
  [`alter schema other owner to test_owner`, `alter schema other owner to postgres`],
  [`grant usage on schema other to test_reader`, `revoke usage on schema other from test_reader`],
  [`comment on schema other is 'x'`, `comment on schema other is null`],
  [`alter table audit owner to test_owner`, `alter table audit owner to postgres`],
  [`alter table audit set (fillfactor = 70)`, `alter table audit reset (fillfactor)`],
  [
    `alter table audit set (toast.autovacuum_enabled = off)`,
    `alter table audit reset (toast.autovacuum_enabled)`,
  ],
  [`alter table audit set unlogged`, `alter table audit set logged`],
  [`alter table audit set schema other`, `alter table other.audit set schema public`],
  [`alter table audit replica identity full`, `alter table audit replica identity default`],
  [`alter table audit cluster on audit_pkey`, `alter table audit set without cluster`],
  [`alter table users force row level security`, `alter table users no force row level security`],
  [`grant select on audit to test_reader`, `revoke select on audit from test_reader`],
  [
    `revoke grant option for update on audit from test_writer`,
    `grant update on audit to test_writer with grant option`,
  ],
  [`revoke delete on audit from test_writer`, `grant delete on audit to test_writer with grant option`],
  [`grant select (state) on users to test_reader`, `revoke select (state) on users from test_reader`],
  [`grant usage on sequence orders_id_seq to public`, `revoke usage on sequence orders_id_seq from public`],
  [`comment on column users.note is 'x'`, `comment on column users.note is null`],
  [`alter table users alter note set not null`, `alter table users alter note drop not null`],
  [`alter table users alter note set default 'x'`, `alter table users alter note drop default`],
  [`alter table users alter note type varchar(99)`, `alter table users alter note type text`],
  [`alter table users alter note set storage plain`, `alter table users alter note set storage extended`],
  [`alter table users alter note set statistics 7`, `alter table users alter note set statistics -1`],
  [
    `alter table orders alter id set generated by default`,
    `alter table orders alter id set generated always`,
  ],
  [`alter table users rename note to remark`, `alter table users rename remark to note`],
  [`alter table users add column more int`, `alter table users drop column more`],
  [`alter table users add constraint c check (id > 0) not valid`, `alter table users drop constraint c`],
  [
    `alter table orders alter constraint orders_user_id_fkey deferrable`,
    `alter table orders alter constraint orders_user_id_fkey not deferrable`,
  ],
  [
    `alter table users rename constraint users_email_key to k`,
    `alter table users rename constraint k to users_email_key`,
  ],
  [`alter domain plz add constraint c check (value <> '')`, `alter domain plz drop constraint c`],
  [`create index more on users (note)`, `drop index more`],
  [`alter index orders_user rename to more`, `alter index more rename to orders_user`],
  [`alter sequence audit_id_seq increment 2`, `alter sequence audit_id_seq increment 1`],
  [`alter sequence audit_id_seq owned by none`, `alter sequence audit_id_seq owned by audit.id`],
  [`alter table users disable trigger users_noted`, `alter table users enable trigger users_noted`],
  [`alter trigger users_noted on users rename to t`, `alter trigger t on users rename to users_noted`],
  [`create rule r as on delete to audit do instead nothing`, `drop rule r on audit`],
  [`alter view user_totals set (security_barrier)`, `alter view user_totals reset (security_barrier)`],
  [`alter view user_totals alter email set default 'x'`, `alter view user_totals alter email drop default`],
  [`alter policy mine on users using (id > 0)`, `alter policy mine on users using (true)`],
  [`alter policy mine on users to test_reader`, `alter policy mine on users to public`],
  [`alter function note_user() set search_path = public`, `alter function note_user() reset search_path`],
  [`alter function note_user() owner to test_owner`, `alter function note_user() owner to postgres`],
  [`revoke execute on function note_user() from public`, `grant execute on function note_user() to public`],
  [`alter function note_user() security definer`, `alter function note_user() security invoker`],
  [`create aggregate other.a (int) (sfunc = int4pl, stype = int)`, `drop aggregate other.a (int)`],
  [`alter type mood owner to test_owner`, `alter type mood owner to postgres`],
  [`grant usage on type mood to test_reader`, `revoke usage on type mood from test_reader`],
  [`alter domain plz set not null`, `alter domain plz drop not null`],
  [`create type other.pair as (a int, b int)`, `drop type other.pair`],
  [`create cast (mood as int) with inout`, `drop cast (mood as int)`],
  [
    `create operator other.=== (leftarg = int, rightarg = int, function = int4eq)`,
    `drop operator other.=== (int, int)`,
  ],
  [`alter publication feed add table users`, `alter publication feed drop table users`],
  [
    `alter publication feed set (publish = 'insert')`,
    `alter publication feed set (publish = 'insert, update, delete, truncate')`,
  ],
  [`alter statistics pair set statistics 7`, `alter statistics pair set statistics -1`],
  [
    `alter default privileges grant select on tables to test_reader`,
    `alter default privileges revoke select on tables from test_reader`,
  ],
  [
    `alter table events detach partition events_2024`,
    `alter table events attach partition events_2024 for values from ('2024-01-01') to ('2025-01-01')`,
  ],
  [
    `create function other.e() returns event_trigger language plpgsql as 'begin end'; create event trigger e on sql_drop execute function other.e()`,
    `drop event trigger e; drop function other.e()`,
  ],
  [
    `do $$ begin execute format('alter database %I set work_mem = 77', current_database()); end $$`,
    `do $$ begin execute format('alter database %I reset work_mem', current_database()); end $$`,
  ],
  ...(major < 15
    ? []
    : ([
        [
          `alter publication feed add tables in schema other`,
          `alter publication feed drop tables in schema other`,
        ],
        [`alter publication feed set table users (id)`, `alter publication feed drop table users`],
      ] as const)),
]
