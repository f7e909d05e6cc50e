import { expect } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dump as dumpOf } from '../support/dump.ts'
import { testWithPgDump } from '../support/needing.ts'
import { Moves, type NameClass } from '../../src/rewrite/moves.ts'
import { rewriteScript } from '../../src/rewrite/rewrite-script.ts'
import { Parser } from '../../src/sql/parser.ts'
import { surroundings } from '../../src/rewrite/decide.ts'

const schema = `
  create type mood as enum ('a', 'b');
  create domain pos as int check (value > 0);
  create type pair as (m mood, p pos);
  create function note() returns trigger language plpgsql as $$ begin insert into public.log values (new.id); return new; end $$;
  create function add(a bigint, b pos) returns bigint language sql immutable as 'select a + b';
  create aggregate adding(pos) (sfunc = add, stype = bigint, initcond = '0');
  create function same(mood, mood) returns boolean language sql immutable as 'select $1::text = $2::text';
  create operator === (leftarg = mood, rightarg = mood, function = same, restrict = eqsel);
  create function plain(mood) returns int language sql immutable as 'select 1';
  create cast (mood as int) with function plain(mood);
  create table log (id int);
  create table "Us ers" (id int generated always as identity primary key, m mood default 'a', c pair, unique (m, id));
  create table users (id serial primary key, m mood[] default '{}', p pos check (p > 1), parent int references users);
  create table part (id int, k text) partition by list (k);
  create table part_a partition of part for values in ('a');
  create index on part (id);
  create table child () inherits (users);
  create view v as select u.*, adding(u.p) over () from users u;
  create materialized view mv as select * from v with no data;
  create view counted as with recursive users as (select 1 as id union all select id + 1 from users where id < 3) select * from users;
  create rule r as on insert to log where new.id > 3 do also update users set p = 5;
  create trigger t after insert on users for each row when (new.p > 1) execute function note();
  create policy known on users using (exists (select from log where id = users.id));
  comment on column pair.m is 'x';
  comment on policy known on users is 'x';
  comment on operator ===(mood, mood) is 'x';
  create procedure save(u users) language sql begin atomic insert into log values ((u).id); update users set p = 2 from log; end;
  alter table users replica identity using index users_pkey;
  create sequence numbers owned by log.id;`

testWithPgDump('a dump is that of the same database with everything in another schema', async () => {
  await using from = await freshDatabase('dumped')
  await using to = await freshDatabase('restored')
  await sql(from.url, schema)
  const names = await rowsOf<{ class: NameClass; name: string }>(
    from.url,
    `select 'relation' as class, relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind <> 'c'
     union all select 'type', typname from pg_type left join pg_class c on c.oid = typrelid
      where typnamespace = 'public'::regnamespace and typelem = 0 and coalesce(relkind, 'c') = 'c'
     union all select 'routine', proname from pg_proc where pronamespace = 'public'::regnamespace`,
  )
  const moves = new Moves(names.map((each) => ({ ...each, schema: 'public', target: 'New S' })))
  const dump = await dumpOf(from.url)
  const result = await rewriteScript(await Parser.load(), dump, moves, surroundings(['public']))
  expect(result.unread).toEqual([])
  expect(result.text.replaceAll(/^--.*$/gm, '')).not.toMatch(/\bpublic\.(?!===)/)
  await sql(to.url, `create schema "New S"; ${result.text.replaceAll(/^\\.*$/gm, '')}`)
  const lines = (text: string): string[] =>
    text
      .replaceAll(/public\.|"New S"\./g, '')
      .split('\n')
      .filter((line) => !/^--|SCHEMA|^\\|^$/.test(line))
      .toSorted()
  expect(lines(await dumpOf(to.url))).toEqual(lines(dump))
})
