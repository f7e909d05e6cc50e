import { beforeAll, describe, expect, test } from '@jest/globals'
import { surroundings } from '../../../src/rewrite/decide.ts'
import { Moves } from '../../../src/rewrite/moves.ts'
import { Parser } from '../../../src/sql/parser.ts'
import { decideBody } from '../../../src/survey/body.ts'
import { labelTakers } from '../../../src/survey/label-takers.ts'

const moves = new Moves(
  ['users', 'orders', 'users_id_seq'].map((name) => ({
    class: 'relation',
    schema: 'public',
    name,
    target: 'app',
  })),
)
const takers = labelTakers([
  { name: 'setting', source: 'select value from settings where name = $1' },
  { name: 'note', source: 'begin perform setting($1); insert into log values ($1); end' },
  { name: 'rows_of', source: `begin execute 'select 1 from ' || $1; end` },
  { name: 'indirect', source: 'begin return rows_of($1); end' },
  { name: 'in_c', source: null },
])

let parser: Parser
beforeAll(async () => {
  parser = await Parser.load()
})

function doubtsOf(statements: string): string[] {
  const source = `declare v text; r record; n int; js jsonb; begin ${statements} end`
  const definition = `CREATE FUNCTION public.f() RETURNS text\n LANGUAGE plpgsql\nAS $function$${source}$function$\n`
  const around = surroundings(['public'], { takesLabels: (name) => takers.has(name) })
  const found = decideBody(parser, { definition, source, language: 'plpgsql' }, moves, around)
  expect(found.source).toBe(source)
  return found.doubts.map(({ name, reason }) => `${name}: ${reason}`)
}

describe('a string that is a value is no name', () => {
  test.each([
    `if v = 'users' then n := 1; end if;`,
    `if v in ('a', 'users') or v <> 'orders' or v like 'users%' then n := 1; end if;`,
    `if tg_table_name = 'users' then n := 1; elsif tg_table_name in ('orders', 'users') then n := 2; end if;`,
    `case v when 'users' then n := 1; when 'orders' then n := 2; end case;`,
    `select case when r.kind = 'users' then 1 else 2 end into n;`,
    `select case r.kind when 'users' then 1 end into n;`,
    `if v is distinct from 'public.users' then n := 1; end if;`,
    `if v = any (array['users', 'orders']) then n := 1; end if;`,
    `n := js -> 'users' ->> 'orders';`,
    `if js ? 'users' then n := 1; end if;`,
    `insert into log (kind, body) values ('users', jsonb_build_object('orders', n));`,
    `insert into log select 'users', id from settings where kind = 'orders';`,
    `update settings set kind = 'users' where kind = 'orders';`,
    `select id, 'users' as kind from settings into r;`,
    `select id,\n  'users'::text as kind\n into\n  strict r\n from settings\n where kind\n = 'orders';`,
    `v := 'users';`,
    `v := coalesce(v, 'users') || ' of the orders';`,
    `return 'users';`,
    `return coalesce(nullif(v, 'orders'), 'users');`,
    `raise notice 'all users: %', 'users';`,
    `raise exception 'no users' using hint = 'see users', errcode = 'P0001';`,
    `perform pg_notify('users', 'orders changed');`,
    `v := setting('users');`,
    `perform note('users');`,
    `perform note(lower('users'));`,
  ])('%s', (statement) => {
    expect(doubtsOf(statement)).toEqual([])
  })
})

describe('a string that may become a name stays in doubt', () => {
  test.each([
    `perform rows_of('users');`,
    `perform indirect('users');`,
    `perform in_c('users');`,
    `perform unknown_function('users');`,
    `v := 'users'; execute 'select 1 from ' || v;`,
    `select 'users' into v; execute format('delete from %I', v);`,
    `v := 'users'; n := v::regclass::int;`,
    `v := 'users_id_seq'; n := nextval(v);`,
    `return 'public.users';`,
    `insert into queue (target) values ('public.users');`,
    `select count(*) into n from pg_class where relname = 'users';`,
    `select 1 into n from information_schema.tables where table_name = 'users';`,
    `perform dblink('c', 'select 1 from users');`,
  ])('%s', (statement) => {
    expect(doubtsOf(statement).filter((line) => line.startsWith('users'))).not.toEqual([])
  })
})

test.each([
  [
    `v := 'select count(*) from users'; execute v into n;`,
    `v := 'select count(*) from app.users'; execute v into n;`,
  ],
  [
    `if n = 1 then v := 'select 1 from users'; else v := 'select 2 from public.orders where id = ' || n; end if; execute v;`,
    `if n = 1 then v := 'select 1 from app.users'; else v := 'select 2 from app.orders where id = ' || n; end if; execute v;`,
  ],
  [
    `w := format('select %L from users', v); v := w || ' where true'; for r in execute v loop null; end loop;`,
    `w := format('select %L from app.users', v); v := w || ' where true'; for r in execute v loop null; end loop;`,
  ],
  [
    `execute format('select 1 from %s', 'public.users'::regclass); execute 'select 2 from ' || to_regclass('orders');`,
    `execute format('select 1 from %s', 'app.users'::regclass); execute 'select 2 from ' || to_regclass('app.orders');`,
  ],
])(
  'SQL, or a regclass in it, that EXECUTE is given in another way is rewritten where it stands: %s',
  (before, after) => {
    const source = `declare v text; w text; r record; n int; begin ${before} end`
    const definition = `CREATE FUNCTION public.f() RETURNS void\n LANGUAGE plpgsql\nAS $function$${source}$function$\n`
    const found = decideBody(
      parser,
      { definition, source, language: 'plpgsql' },
      moves,
      surroundings(['public']),
    )
    expect(found.source).toBe(source.replace(before, () => after))
    // Which relation that is, is told once all of the body is known.
    expect(found.doubts.filter(({ name, reason }) => name !== '' && !reason.endsWith('run time'))).toEqual([])
  },
)

test('what stands over several lines, in every kind of statement, is found in the body', () => {
  const body = `
    declare
      c cursor (k int) for select * from users where id = k; d cursor for select 1 from orders;
      a int[]; r users%rowtype; e public.orders.id%type; x record;
    begin
      <<outer_loop>>
      for x in select * -- all
        from users loop
        select u.id,
               /* and */ count(*)
          into strict
               e,
               r.id
          from users u
          join public.orders o on o.user_id = u.id
         where u.id = any (a)
         group by u.id;
        continue outer_loop when exists (select from orders);
      end loop outer_loop;
      select * from users into r;
      select id into e from public.orders order by id limit 1;
      select into r * from users; select into strict e, r . id /* here */
        max(id), min(id) from users;
      with w as (select * from orders) select into x * from w; select count(*) as into_them into "e" from users;
      insert into users (id) values (1) returning id into e;
      update orders set id = 2 where id = 1 returning
        id, user_id
        into x;
      delete from users returning id into strict e;
      with w as (select 1 from users) select count(*) into e from w, orders;
      perform 1 from users; perform
        count(*) from orders;
      a := array(select id from users); a[1] = (select max(id) from orders);
      r.id := (select 1 from users);
      foreach e in array array(select id from orders) loop null; end loop;
      while (select count(*) from users) > 1 loop exit when (select true from orders limit 1); end loop;
      for i in (select min(id) from users) .. (select max(id) from orders) by 2 loop null; end loop;
      open c(k := (select 1 from users)); open d; open c((select 2 from orders));
      fetch c into r; close c;
      for x in c(k => (select 3 from users)) loop null; end loop;
      case (select count(*) from users) when 1, 2 then null; when (select 3 from orders) then null; else null; end case;
      begin
        call p((select 1 from users), (select 2 from orders));
      exception when others then
        get stacked diagnostics e = returned_sqlstate;
        raise notice '% %', (select 1 from users), (select 2 from orders);
      end;
      assert (select true from users), (select 'x' from orders);
      execute 'select 1 from users where id = $1' into strict e using (select 1 from orders);
      for x in execute 'select * from users' using (select 2 from orders) loop null; end loop;
      return query select 1 from users union all select 2 from orders;
    end`
  const definition = `CREATE FUNCTION public.f() RETURNS SETOF integer\n LANGUAGE plpgsql\nAS $function$${body}$function$\n`
  const found = decideBody(
    parser,
    { definition, source: body, language: 'plpgsql' },
    moves,
    surroundings(['public']),
  )
  expect(found.doubts).toEqual([])
  expect(found.source).toBe(
    body
      .replaceAll(/(?<![\w.])(?:public\.)?(users|orders)\b(?!\.\w)/g, 'app.$1')
      .replaceAll('public.orders.id', 'app.orders.id'),
  )
})
