import { expect, test } from '@jest/globals'
import { connect, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'
import { outcomesOf } from './outcome.ts'

const structure = `
  create table public.t (id integer primary key, name text default 'n');
  insert into public.t values (1, 'a'), (2, 'b');
  create table public.kept (one public.t, many public.t[]);
  insert into public.kept select t, array[t, t] from public.t t;
  create table public.log (line text);
  create function public.label(public.t) returns text language sql as $$ select $1.name || $1.id $$;
  create function public.labels(public.t[]) returns text language sql as $$ select string_agg(x.name, ',') from unnest($1) x $$;
  create function public.all_labels(variadic public.t[]) returns bigint language sql as $$ select count(*) from unnest($1) $$;
  create function public.first_row() returns public.t language plpgsql as
    $$ declare r public.t; begin select * into r from public.t order by id limit 1; return r; end $$;
  create function public.copied() returns text language plpgsql as
    $$ declare r public.t; c public.t; begin for r in select * from public.t order by id loop c := r; end loop; return c.name; end $$;
  create function public.listed() returns setof public.t language plpgsql as
    $$ begin return query select * from public.t order by id; end $$;
  create function public.passed_on() returns text language plpgsql as
    $$ declare r public.t; begin select * into r from public.t where id = 2; return public.label(r); end $$;
  create function public.on_change() returns trigger language plpgsql as
    $$ declare was public.t; begin was := old; insert into public.log values (was.name || '→' || new.name); return new; end $$;
  create trigger changed before update on public.t for each row execute function public.on_change();`

const statements = [
  'select label(t) from t order by id',
  'select t.label from t order by id',
  'select labels(array_agg(t order by id)) from t',
  'select all_labels(t, t) from t where id = 1',
  'select (first_row()).name',
  'select label(first_row())',
  'select copied()',
  'select * from listed()',
  'select passed_on()',
  'select label(one), labels(many) from kept order by 1',
  'insert into kept select t, array[t] from t',
  'update kept set one = t from t where t.id = 1 returning (one).name',
  `update t set name = 'x' where id = 1 returning name; select line from log`,
]

test('functions, columns and variables of a table’s row type go on in sessions old and new, there and back', async () => {
  await using database = await freshDatabase('row_types')
  await sql(database.url, structure)
  await using old = await connect(database.url)
  const before = await outcomesOf(old, statements)
  expect(before.filter((line) => /→ \w{5}$/.test(line))).toEqual([])
  const plan = planFor(database.url, { services: { s: ['t'] } })
  for (const change of [
    () => run(plan, [1]),
    () => run(plan, [2]),
    () => undo(plan, { to: 1 }),
    () => run(plan, [2]),
  ]) {
    await change()
    await using fresh = await connect(database.url)
    expect(await outcomesOf(old, statements)).toEqual(before)
    expect(await outcomesOf(fresh, statements)).toEqual(before)
  }
  expect(await problems(plan)).toEqual([])
})
