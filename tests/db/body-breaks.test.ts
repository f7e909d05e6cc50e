import { expect } from '@jest/globals'
import { findingsOf } from '../facts/findings.ts'
import { sql } from '../support/client.ts'
import { sharedCluster } from '../support/cluster.ts'
import { freshDatabase } from '../support/database.ts'
import { testSince } from '../support/needing.ts'
import { planFor } from '../support/plan.ts'

const { binaries } = sharedCluster()

const functions = `
  create function by_truncate() returns void language plpgsql as $$ begin truncate public.log; end $$;
  create function by_constraint() returns trigger language plpgsql as $$ begin
    insert into log (id) values (new.n) on conflict on constraint log_pk do update set hits = log.hits + 1; return new; end $$;
  create function by_cursor() returns void language plpgsql as $$
    declare c cursor for select * from public.log for update;
    begin for r in c loop update public.log set hits = hits where current of c; end loop; end $$;
  create function by_ctid() returns bigint language sql as $$ select 1; select count(distinct ctid) from log $$;
  create function by_key() returns bigint language sql as $$
    select count(*) from (select l.*, count(t.id) from public.log l left join public.t t on t.n = l.id group by l.id) x $$;
  create procedure by_merge() language plpgsql as $$ begin
    merge into public.log l using public.t t on t.n = l.id when matched then update set hits = 2; end $$;
  create function by_constant() returns void language plpgsql as $$ begin execute 'truncate public.log'; end $$;
  create function into_variable() returns text language plpgsql as $$ declare v text; begin
    select ctid::text into v from public.log limit 1; return v; end $$;
  create function has_path() returns void language plpgsql set search_path = old as $$ begin truncate log; end $$;`

const harmless = `
  create schema old; create table old.log (id int);
  create function fine() returns bigint language sql as $$ select count(*) from public.log $$;
  create function other_path() returns void language plpgsql set search_path = old as $$ begin truncate log; end $$;
  create function temporary_one() returns void language plpgsql as $$ begin
    create temp table log (id int); truncate log; end $$;
  create function says_so() returns text language plpgsql as $$ begin /* truncate log */ return 'truncate log'; end $$;
  create function computed(t text) returns void language plpgsql as $$ begin
    perform 1 from log; execute format('truncate %I', t); end $$;`

testSince(15)('traps inside functions are found before the switch, each by its own search_path', async () => {
  await using database = await freshDatabase('traps')
  await sql(
    database.url,
    `create table t (id int primary key, n int); create table log (id int constraint log_pk primary key, hits int);
     ${harmless} ${functions.replace('search_path = old', 'search_path = public')}
     create trigger counts after insert on t for each row execute function by_constraint();`,
  )
  const plan = planFor(database.url, { services: { work: { tables: ['t', 'log'] } } })
  const findings = await findingsOf(plan)
  const breaks = findings.filter(({ rule }) => rule === 'body-breaks')
  expect(breaks.every(({ severity, waivable }) => severity === 'error' && waivable)).toBe(true)
  expect(breaks.map(({ on, evidence }) => `${on} ${evidence!.join()}`.replace(/:.*/s, ''))).toEqual([
    'public.by_constant() truncate (42809)',
    'public.by_constraint() on-conflict-constraint (42704)',
    'public.by_ctid() system-column (42703)',
    'public.by_cursor() current-of (0A000)',
    'public.by_key() group-by-key (42803)',
    ...(binaries.major < 17 ? ['public.by_merge() merge (0A000)'] : []),
    'public.by_truncate() truncate (42809)',
    'public.has_path() truncate (42809)',
    'public.into_variable() system-column (42703)',
  ])
  const named = findings.filter(({ rule }) => rule === 'routine-names-table')
  const goesOn = named.filter(({ text }) => text.includes('; it goes on working')).map(({ on }) => on)
  expect(goesOn).toEqual([
    ...(binaries.major < 17 ? [] : ['public.by_merge()']),
    'public.fine()',
    'public.other_path()',
    'public.says_so()',
    'public.temporary_one()',
  ])
  expect(named.find(({ on }) => on === 'public.computed(t text)')?.text).toMatch(/is not known: it executes/)
  const late = planFor(database.url, { services: { work: { tables: ['t', 'log'], compat: 'late' } } })
  const severities = (await findingsOf(late)).filter(({ rule }) => rule === 'body-breaks')
  expect(new Set(severities.map(({ severity }) => severity))).toEqual(new Set(['info']))
})
