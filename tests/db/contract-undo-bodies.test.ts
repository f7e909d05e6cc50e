import { expect } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { testSince } from '../support/needing.ts'
import { phasesOf, planFor } from '../support/plan.ts'
import { run, undo } from '../support/run.ts'

const bodies = `
  create table target (id serial constraint target_pk primary key, n int, name text);
  create table child (id int, t int);
  insert into target (n, name) values (1, 'a');
  create function by_key() returns bigint language sql as $$
    select count(*) from (select t.*, count(s.id) from public.target t left join public.child s on s.t = t.id group by t.id) x $$;
  create function by_ctid() returns bigint language sql as $$ select count(distinct ctid) from public.target $$;
  create function by_system_column() returns bigint language sql as $$ select count(xmin) from target $$;
  create function by_constraint() returns void language sql as $$
    insert into public.target (id, n) values (nextval('public.target_id_seq'), 1) on conflict on constraint target_pk do nothing $$;
  create procedure by_merge() language sql as $$
    merge into public.target t using public.child s on s.t = t.id when matched then update set n = s.id $$;
  create procedure by_merge_later() language plpgsql as $$ begin
    merge into public.target t using public.child s on s.t = t.id when matched then update set n = s.id; end $$;
  create function by_truncate() returns void language sql as $$ truncate public.child $$;
  create schema tools; create table stays (id int);
  create function tools.by_index(i int, more text default 'public.child') returns bigint language sql immutable leakproof parallel restricted
    security definer cost 7 set search_path = public, pg_temp set work_mem = '1MB' as 'select count(ctid) from child where t = i';
  create index on stays (tools.by_index(id)); create view counted as select tools.by_index(1) as n;
  alter table stays add check (tools.by_index(id) >= 0);
  create function by_set(out n int, out name text) returns setof record language sql rows 3 strict as
    'select t.id, t.name from public.target t group by t.id having max(n) is null or true';
  create function by_row() returns trigger language plpgsql as $$ begin
    insert into public.child select new.id, count(distinct c.ctid) from public.child c; return new; end $$;
  create trigger by_row after update on target for each row execute function by_row();`

testSince(15)('functions get texts back that could not be made on the views, byte for byte', async () => {
  await using database = await freshDatabase('texts')
  await sql(database.url, bodies)
  const allow = [
    'key()',
    'ctid()',
    'system_column()',
    'constraint()',
    'merge()',
    'merge_later()',
    'truncate()',
    'set(OUT n integer, OUT name text)',
    'row()',
    'index(i integer, more text)',
  ].map((name) => ({
    rule: 'body-breaks',
    on: `${name.startsWith('index') ? 'tools' : 'public'}.by_${name}`,
    because: 'nobody calls it while there are views',
  }))
  const plan = planFor(database.url, { services: { work: { tables: ['target', 'child'] } }, allow })
  const { expand, switches, contract } = phasesOf(plan)
  const before = await dumpAll(database.url)
  await run(plan, [expand, ...switches])
  const switched = await dumpAll(database.url)
  for (let round = 0; round < 2; round++) {
    await run(plan, [contract])
    expect(await rowsOf(database.url, `select by_key()::int as keys, by_ctid()::int as places`)).toEqual([
      { keys: 1, places: 1 },
    ])
    await undo(plan, { phase: contract })
    expect(await dumpAll(database.url)).toBe(switched)
  }
  await run(plan, [contract])
  await undo(plan, { to: 0 })
  expect(await dumpAll(database.url)).toBe(before)
})
