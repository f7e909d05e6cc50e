import { expect, test } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dump } from '../support/dump.ts'
import { planFor, phasesOf } from '../support/plan.ts'
import { run, undo } from '../support/run.ts'
import { findingsOf } from '../facts/findings.ts'

const sure = `
  create extension refint; create extension autoinc;
  create table par (k integer primary key); insert into par values (1);
  create table kid (k integer, n integer);
  create trigger fk before insert or update on kid for each row execute function check_primary_key('k', 'public.par', 'k');
  create trigger cascading before delete on par for each row execute function check_foreign_key('1', 'cascade', 'k', 'kid', 'k');
  create sequence kid_n; create trigger numbered before insert on kid for each row execute function autoinc('n', 'public.kid_n');
  create sequence q_seq; create sequence free; create sequence "Late One";
  create table q (id integer primary key default nextval('public.q_seq'::text::regclass),
    f bigint default nextval(('free'::varchar)::regclass), g bigint default nextval('free'), n integer);
  alter sequence q_seq owned by q.id; alter sequence kid_n owned by kid.n;
  create table late (id bigint default nextval('"Late One"'::text::regclass)); alter sequence "Late One" owned by late.id;`

const judged = `
  create table checked (id integer, t text check (to_regclass('public.par'::text) is not null),
    g text generated always as (case t when 'public.par' then 'y' end) stored,
    d regclass default to_regclass('kid'), r regclass[]);
  create domain known as text check (('public.kid'::text)::regclass is not null);
  create index told on checked ((t = 'public.par'));
  create function label(text) returns text language sql as 'select $1';
  create view seen as select label('public.kid') as it, 'public.par'::regclass as by_oid, 'par' as word,
    nextval(('public.' || 'q_seq')::regclass) as next;
  create function nothing() returns trigger language plpgsql as 'begin return new; end';
  create trigger told before insert on checked for each row execute function nothing('public.par');
  create trigger conditional before insert on checked for each row when (to_regclass('public.kid') is null) execute function nothing();
  comment on column checked.id is '@foreignKey (id) references public.par (k)'; comment on column checked.t is 'see public.par';`

test('a string that is looked for as a relation is told before it leads nowhere; a default is written anew by contract', async () => {
  await using database = await freshDatabase('stored_texts')
  await sql(database.url, sure + judged)
  const tables = { par: ['par'], kid: ['kid'], q: ['q', 'late'] }
  const plan = planFor(database.url, {
    services: { app: { tables: Object.values(tables).flat(), compat: { late: 'none' } } },
  })
  const { expand, switches, contract } = phasesOf(plan)
  const about = ['stored-name-fails', 'text-names-table', 'oid-column']
  const found = (await findingsOf(plan)).filter(({ rule }) => about.includes(rule))
  expect(
    found.map(({ phase, severity, rule, on }) => `${phase} ${severity} ${rule} ${on}`).toSorted(),
  ).toEqual([
    '2 error stored-name-fails default of public.late.id',
    '2 warning oid-column public.checked.d',
    '2 warning oid-column public.checked.r',
    '3 error stored-name-fails constraint checked_check of public.checked',
    '3 error stored-name-fails constraint known_check of domain public.known',
    '3 error stored-name-fails default of public.checked.d',

    '3 error stored-name-fails trigger cascading on public.par',
    '3 error stored-name-fails trigger conditional on public.checked',
    '3 error stored-name-fails trigger fk on public.kid',
    '3 error stored-name-fails trigger numbered on public.kid',
    '3 error stored-name-fails view public.seen',
    '3 warning text-names-table comment on column id of table public.checked',
    '3 warning text-names-table default of public.checked.g',
    '3 warning text-names-table index public.told',
    '3 warning text-names-table trigger told on public.checked',
    '3 warning text-names-table view public.seen',
  ])
  expect(found.find(({ on }) => on === 'trigger fk on public.kid')).toMatchObject({
    text: `its function check_primary_key is given 'public.par', which is nothing from contract on`,
    remedy: expect.stringContaining('under another name') as unknown,
  })

  // What the findings say is put right, and the two defaults of q are left to the tool.
  await sql(
    database.url,
    `drop table checked cascade; drop view seen; drop domain known; alter table late alter id set default nextval('"Late One"');
     drop trigger fk on kid; drop trigger cascading on par; drop trigger numbered on kid`,
  )
  const before = await dump(database.url, { except: 'migrate' })
  await run(plan, [expand, ...switches])
  const insert = async (schema: string): Promise<unknown> =>
    rowsOf(database.url, `insert into ${schema}.q (n) values (1) returning id::int, f::int, g::int`)
  expect(await insert('public')).toEqual([{ id: 1, f: 1, g: 2 }])
  const expanded = await dump(database.url, { except: 'migrate' })
  await run(plan, [contract])
  expect(await insert('app')).toEqual([{ id: 2, f: 3, g: 4 }])
  await undo(plan, { phase: contract })
  expect(await dump(database.url, { except: 'migrate' })).toBe(expanded)
  expect([await insert('public'), await insert('app')]).toEqual([
    [{ id: 3, f: 5, g: 6 }],
    [{ id: 4, f: 7, g: 8 }],
  ])
  await undo(plan, { to: 0 })
  expect(await dump(database.url, { except: 'migrate' })).toBe(before)
})
