import { expect, test } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor, phasesOf } from '../support/plan.ts'
import { failureOf, run } from '../support/run.ts'
import { findingsOf } from '../facts/findings.ts'

const structure = `
  create table items (id serial primary key, sku text, owner_id integer, version integer);
  create table changes (tbl text, pk text);
  create table parted (id integer, at date) partition by range (at);
  create table parted_1 partition of parted for values from ('2024-01-01') to ('2025-01-01');
  create table "Ünits" (id integer); create table aside (id integer);
  create function columns() returns trigger language plpgsql as $$
    declare cols text;
    begin
      select string_agg(quote_ident(attname), ',') into cols from pg_attribute where attrelid = TG_TABLE_NAME::regclass and attnum > 0;
      if cols is null then raise exception 'no columns'; end if;
      return new;
    end $$;
  create trigger columns before insert on items for each row execute function columns();
  create function key_of() returns trigger language plpgsql as $$
    declare pk text;
    begin
      select a.attname into pk from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
       where i.indrelid = TG_TABLE_NAME::regclass and i.indisprimary;
      insert into public.changes values (TG_RELID::regclass::text, to_jsonb(new) ->> pk);
      return null;
    end $$;
  create trigger key_of after insert on items for each row execute function key_of();
  create function next_version() returns trigger language plpgsql as $$
    declare highest int;
    begin
      execute format('select max(version) + 1 from %I where %I = $1', tg_relid::regclass, tg_argv[0]) using new.owner_id into highest;
      new.version := coalesce(highest, 1);
      return new;
    end $$;
  create trigger next_version before insert on items for each row execute function next_version('owner_id');
  create function counted() returns trigger language plpgsql as $$
    declare n bigint;
    begin
      execute format('select count(*) from %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) into n;
      execute 'select count(*) from ' || tg_relid::regclass into n;
      return null;
    end $$;
  create trigger counted after insert on items execute function counted();
  create trigger counted after insert on "Ünits" execute function counted('ü', E'a\\\\b');
  create function by_part() returns trigger language plpgsql as $$
    begin perform pg_notify('parts', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME); return null; end $$;
  create trigger by_part after insert on parted for each row execute function by_part();
  create function other() returns trigger language plpgsql as $$
    begin execute 'select 1 from ' || quote_ident(tg_relid::regclass::text); return null; end $$;
  create trigger other after insert on aside for each row execute function other()`

test('a trigger function whose names change with its table is told before the phase in which it fails', async () => {
  await using database = await freshDatabase('trigger_texts')
  await sql(database.url, structure)
  const plan = planFor(database.url, { services: { svc: ['items', 'parted', 'Ünits'] } })
  const found = (await findingsOf(plan)).filter(({ rule }) => rule.startsWith('trigger-name-'))
  expect(found.map(({ phase, rule, severity, on }) => `${phase} ${severity} ${rule} ${on}`)).toEqual([
    '2 error trigger-name-fails public.key_of()',
    '2 error trigger-name-fails public.next_version()',
    '2 warning trigger-name-changes public.by_part()',
    '2 warning trigger-name-changes public.columns()',
    '2 warning trigger-name-changes public.key_of()',
    '3 error trigger-name-fails public.columns()',
    '3 error trigger-name-fails public.key_of()',
  ])
  const text = (on: string): string => found.find((one) => one.on === on)!.text
  expect(text('public.next_version()')).toBe(
    `line 4: it runs SQL with "svc.items", which is nothing from the switch on (trigger next_version on public.items)`,
  )
  expect(text('public.by_part()')).toContain(`'public.parted', becomes 'svc.parted'`)

  const { expand, switches, contract } = phasesOf(plan)
  await run(plan, [expand])
  const refused = await failureOf(run(plan, switches))
  expect(refused.code).toBe('preflight-refused')
  expect(refused.detail.join('\n')).toContain('trigger-name-fails on public.next_version()')

  // What the remedies say.
  await sql(
    database.url,
    `do $do$ declare f regprocedure; begin
       foreach f in array array['next_version()', 'key_of()', 'columns()']::regprocedure[] loop
         execute replace(replace(pg_get_functiondef(f), 'from %I where', 'from %s where'), 'TG_TABLE_NAME::regclass', 'TG_RELID');
       end loop; end $do$`,
  )
  const cured = (await findingsOf(plan)).filter(
    ({ rule, severity }) =>
      rule === 'trigger-name-fails' || (severity === 'error' && rule.startsWith('body-')),
  )
  expect(cured).toEqual([])
  await run(plan, switches)
  const insert = `insert into svc.items (sku, owner_id) values ('x', 1) returning version`
  expect(await rowsOf(database.url, insert)).toEqual([{ version: 1 }])
  await run(plan, [contract])
  expect(await rowsOf(database.url, insert)).toEqual([{ version: 2 }])
  expect(await rowsOf(database.url, 'select pk from changes order by 1')).toEqual([{ pk: '1' }, { pk: '2' }])
})
