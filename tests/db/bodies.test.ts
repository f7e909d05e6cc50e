import { beforeAll, describe, expect, test } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor, uncounted, type PlanSketch } from '../support/plan.ts'
import { describePlan, type PlanDescription } from '../../src/engine/describe.ts'
import { openWorkspace } from '../../src/engine/workspace.ts'
import { stepKind } from '../../src/steps/registry.ts'
import { failureOf, problems, run, surveyed, undo, warningsOf } from '../support/run.ts'
import { loginRoles } from '../support/sample.ts'

const owner = 'bodies_owner'
beforeAll(() => loginRoles([owner]))

/** Bodies in every form of string and of every kind of routine; each names what moves, or means something else by it. */
const schema = `
  create table users (id serial primary key, email text, mood text default 'fine');
  create table orders (id bigint generated always as identity primary key, user_id integer references users, total numeric default 1);
  create table audit (id serial primary key, line text);
  create sequence tickets;
  alter table orders add ticket bigint default nextval('tickets');
  create type state as enum ('new', 'old');
  create schema tools;
  create schema "한국";

  create function plain(who integer) returns bigint language sql stable as
    'select count(*) from public.orders o join users u on u.id = o.user_id where u.id = who';
  create function plain(who text) returns bigint language sql as 'select count(*) from users where email = who';
  create function tools.deep() returns text language plpgsql cost 17 as $body$
  declare
    u public.users%rowtype;
    e users.email%type;
  begin
    -- public.users in a comment stays
    select * into u from public.users order by id limit 1;
    perform 1 from public.orders where user_id = u.id;
    e := (select max(email) from public.users);
    return format('%s of $function$', coalesce(u.email, e));
  end $body$;
  comment on function tools.deep() is 'public.users, 한국어';
  create function "한국"."사용자 수"(out "수" bigint) language sql as E'select count(*)\\r\\n  from public.users -- 사용자\\r\\n';
  create function quoted() returns text language sql as 'select ''it''''s '' || E''\\\\\\\\ '' || max(email) from public.users';
  create procedure save(line text) language plpgsql as $$
    begin insert into public.audit (line) values (line); commit; insert into public.orders (user_id) values (1); end $$;
  create function parsed() returns bigint begin atomic select count(*) from public.users; end;
  create function secret() returns bigint language sql security definer set search_path = public, pg_temp set work_mem = '4MB'
    as 'select count(*) from users';
  alter function secret() owner to ${owner};
  revoke execute on function secret() from public;
  grant execute on function secret() to ${owner};
  create function step(state bigint, n integer) returns bigint language sql as 'select state + n + (select count(*) from public.users)';
  create aggregate added(integer) (sfunc = step, stype = bigint, initcond = '0');
  create function seen() returns trigger language plpgsql as $$
    begin insert into public.audit (line) select 'order ' || count(*) from orders; return null; end $$;
  create trigger seen after insert on users referencing new table as orders for each statement execute function seen();
  create function aside() returns bigint language plpgsql as $$
    declare n bigint;
    begin
      create temp table if not exists orders (x integer) on commit drop;
      insert into orders values (1), (2);
      select count(*) into n from orders;
      return n;
    end $$;
  create function ticket() returns bigint language plpgsql as $$ begin return nextval('public.tickets') + nextval('audit_id_seq') + nextval('public.users_id_seq'); end $$;
  create function states() returns text language plpgsql as $$
    declare s public.state := 'new'; begin return s::text || 'old'::public.state::text || (select count(*) from public.users); end $$;
  create function by_name() returns bigint language plpgsql as $$
    declare n bigint; begin execute 'select count(*) from public.users where ' || 'id > $1' into n using 0; return n; end $$;
  grant select, insert, update on all tables in schema public to ${owner};
  grant usage on all sequences in schema public to ${owner};
  grant usage on schema tools to ${owner};
  insert into users (email) values ('a@'), ('b@');
  insert into orders (user_id) values (1), (1), (2);`

/** What each of them answers, whatever the names of the tables are. */
const answers = `
  select plain(1) as a, plain('b@') as b, tools.deep() as c, "한국"."사용자 수"() as d, quoted() as e, parsed() as f, secret() as g,
         (select added(x) from generate_series(1, 2) x) as h, aside() as i, ticket() > 0 as j, states() as k, by_name() as l`

const sketch: PlanSketch = {
  services: { people: { tables: ['users'], types: ['state'] }, shop: ['orders'], logs: ['audit'] },
  phases: [{ name: 'all', switch: ['people', 'shop', 'logs'] }],
}

async function scene(more = ''): Promise<FreshDatabase> {
  const database = await freshDatabase('bodies')
  await sql(database.url, schema + more)
  return database
}

const everyRoutine = `
  select p.oid, p.oid::regprocedure::text as name, p.prosrc as source, to_jsonb(p) - 'prosrc' as rest, obj_description(p.oid, 'pg_proc') as comment,
         array(select d::text from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass order by 1) as needs
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname in ('public', 'tools', '한국') order by p.oid`
interface Routine {
  readonly oid: number
  readonly name: string
  readonly source: string
}

const rewritten = {
  'plain(integer)':
    'select count(*) from shop.orders o join people.users u on u.id = o.user_id where u.id = who',
  'plain(text)': 'select count(*) from people.users where email = who',
  'tools.deep()': `
  declare
    u people.users%rowtype;
    e people.users.email%type;
  begin
    -- public.users in a comment stays
    select * into u from people.users order by id limit 1;
    perform 1 from shop.orders where user_id = u.id;
    e := (select max(email) from people.users);
    return format('%s of $function$', coalesce(u.email, e));
  end `,
  '"한국"."사용자 수"()': 'select count(*)\r\n  from people.users -- 사용자\r\n',
  'quoted()': `select 'it''s ' || E'\\\\\\\\ ' || max(email) from people.users`,
  'save(text)': `
    begin insert into logs.audit (line) values (line); commit; insert into shop.orders (user_id) values (1); end `,
  'secret()': 'select count(*) from people.users',
  'step(bigint,integer)': 'select state + n + (select count(*) from people.users)',
  'seen()': `
    begin insert into logs.audit (line) select 'order ' || count(*) from orders; return null; end `,
  'ticket()': ` begin return nextval('shop.tickets') + nextval('logs.audit_id_seq') + nextval('people.users_id_seq'); end `,
  'states()': `
    declare s people.state := 'new'; begin return s::text || 'old'::people.state::text || (select count(*) from people.users); end `,
  'by_name()': `
    declare n bigint; begin execute 'select count(*) from people.users where ' || 'id > $1' into n using 0; return n; end `,
}

test('names that stand as strings in expressions and arguments of triggers are told', async () => {
  await using database = await scene(`
    create view exists_now as select to_regclass('public.users') is not null as it, 'users' as word, 'public.users'::regclass as oid;
    create table uses (id regclass default to_regclass('public.orders'), n bigint default nextval('public.tickets'),
      t text check (t <> 'public.users'));
    alter table uses enable row level security;
    create policy known on uses using (to_regclass('"public"."audit"') is not null);
    create function generic() returns trigger language plpgsql as 'begin return new; end';
    create trigger fed before insert on uses for each row execute function generic('users', 'it''s', 'public.orders');
    create index told on uses ((t = 'public.users'));
    create function with_default(t text default 'public.users') returns text language sql as 'select t';`)
  const fails = (holder: string, text: string): string =>
    `${holder}: it looks for '${text}' as it runs, which is nothing from contract on`
  const holds = (holder: string, text: string): string =>
    `${holder}: it holds '${text}' as a string, which does not follow the move and is not rewritten`
  expect((await plannedOf(database)).texts).toEqual([
    fails('default of public.uses.id', 'public.orders'),
    fails('policy known on public.uses', '"public"."audit"'),
    fails('view public.exists_now', 'public.users'),
    holds('constraint uses_t_check of public.uses', 'public.users'),
    holds('function public.with_default(text)', 'public.users'),
    holds('index public.told', 'public.users'),
    holds('trigger fed on public.uses', 'users'),
    holds('trigger fed on public.uses', 'public.orders'),
  ])
})

describe('the text of functions', () => {
  test('has the new names before the old ones go; nothing else about them changes, and the undo puts back every byte', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    const original = await dumpAll(database.url)
    await run(plan, [1, 2])
    const before = await rowsOf<Routine>(database.url, everyRoutine)
    const [answer] = await rowsOf(database.url, answers)
    await run(plan, [3])
    const after = await rowsOf<Routine>(database.url, everyRoutine)
    expect(await rowsOf(database.url, answers)).toEqual([answer])
    expect(await problems(plan)).toEqual([])
    await sql(database.url, `call save('x')`)
    await sql(database.url, `insert into people.users (email) values ('c@')`)
    expect(await rowsOf(database.url, `select line from logs.audit order by id`)).toEqual([
      { line: 'order 2' },
      { line: 'x' },
      { line: 'order 1' },
    ])
    const withoutSource = (rows: readonly Routine[]): unknown[] => rows.map((row) => ({ ...row, source: '' }))
    expect(withoutSource(after)).toEqual(withoutSource(before))
    const changed = after.filter(
      ({ oid, source }) => before.find((row) => row.oid === oid)?.source !== source,
    )
    expect(Object.fromEntries(changed.map(({ name, source }) => [name, source]))).toEqual(rewritten)
    await sql(
      database.url,
      `delete from logs.audit where id > 1; delete from people.users where id > 2; delete from shop.orders where id > 3`,
    )
    await undo(plan, { phase: 3 })
    expect(await rowsOf(database.url, everyRoutine)).toEqual(before)
    await undo(plan, { to: 0 })
    const sequences = /^SELECT pg_catalog.setval.*\n/gm
    expect((await dumpAll(database.url)).replaceAll(sequences, '')).toBe(original.replaceAll(sequences, ''))
  })

  test('that calls a procedure that moves, or sets its path as it runs', async () => {
    await using database = await scene(`
      create procedure note(n bigint) language sql as 'select 1';
      revoke execute on procedure note(bigint) from public;
      create schema other; create table other.users (); insert into other.users default values;
      create function calls() returns bigint language plpgsql as $$
        begin call note(1); call public.note(2); return 7; end $$;
      create function elsewhere() returns bigint language plpgsql as $$
        begin perform set_config('search_path', 'other', true); return (select count(*) from users); end $$;`)
    const plan = planFor(database.url, {
      ...sketch,
      services: { ...sketch.services, logs: { tables: ['audit'], functions: ['note'] } },
      allow: uncounted('public.note'),
    })
    await run(plan, [1, 2, 3])
    expect(await rowsOf(database.url, 'select calls() as a, elsewhere() as b')).toEqual([{ a: '7', b: '1' }])
  })

  test('that nobody can decide is told with its place and holds contract up, until it is waived', async () => {
    await using database = await scene(`
      create function named(t text) returns text language plpgsql as $$
        declare q text;
        begin
          q := 'public.users';
          execute 'select 1 from ' || q;
          execute format('select 1 from %I', t);
          return (select max(email) from public.users);
        end $$;
      create function by_hand(t text) returns void language plpgsql as $$ begin execute 'select 1 from ' || t; end $$;
      create function fixed(t text) returns void language plpgsql as $$
        begin execute format('select 1 from public.users where email = %L', t); end $$;`)
    const found = await plannedOf(database)
    expect(found.findings).toEqual([
      'info body-not-judged public.by_hand(t text): not judged, whether it goes on working at the switch: EXECUTE of SQL that it puts together as it runs (line 1)',
      'warning body-not-judged public.named(t text): not judged, whether it goes on working at the switch, though it may use public.users: EXECUTE of SQL that it puts together as it runs (line 6)',
      'error body-undecided public.named(t text): nobody can decide what users in its text means: line 4: users (a string that may hold it as a name)',
      'error body-computed public.by_hand(t text): it executes SQL of which the tables show only when it runs: line 1 (the name of a relation is put together at run time)',
      'error body-computed public.named(t text): it executes SQL of which the tables show only when it runs: line 5 (the name of a relation is put together at run time), line 6 (the name of a relation is put together at run time)',
    ])
    const step = found.steps.find(({ id }) => id === 'bodies')!
    expect(step.summary).toMatch(/^rewrite 13 functions with the new names: /)
    expect(step.texts?.find(({ name }) => name === 'public.fixed(t text)')?.after).toContain(
      'from people.users where',
    )
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    const failure = await failureOf(run(plan, [3]))
    expect(failure.code).toBe('preflight-refused')
    expect(failure.message).toMatch(/3 findings speak against phase 3/)
    const waived = planFor(database.url, {
      ...sketch,
      allow: [
        { rule: 'body-undecided', on: 'public.named(t text)', because: 'nobody calls it' },
        ...['named', 'by_hand'].map((name) => ({
          rule: 'body-computed',
          on: `public.${name}(t text)`,
          because: 'it is given names of other tables',
        })),
      ],
    })
    await run(waived, [3])
    const [named] = await rowsOf<{ source: string; path: string[] }>(
      database.url,
      `select prosrc as source, proconfig as path from pg_proc where proname = 'named'`,
    )
    // What is known has its new name; the rest is as whoever waived it has left it.
    expect(named?.source).toContain(`q := 'public.users'`)
    expect(named?.source).toContain(`select max(email) from people.users`)
    expect(named?.path).toBeNull()
  })

  test('that somebody changes before it is rewritten is not overwritten, and read anew', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    const { phases, context } = await surveyed(plan)
    const step = phases.at(-1)!.steps.find(({ kind }) => kind === 'rewrite-bodies')!
    const [action] = stepKind(step.kind).actions(step.config, context)
    await sql(
      database.url,
      `create or replace function by_name() returns bigint language sql as 'select max(id) from public.users'`,
    )
    const statements = action?.policy === 'transaction' ? action.statements.join(';') : ''
    await expect(sql(database.url, statements)).rejects.toMatchObject({
      code: 'MG006',
      message: 'public.by_name() was changed or dropped since it was read',
    })
    await run(plan, [3])
    expect(await rowsOf(database.url, `select by_name() as it`)).toEqual([{ it: '2' }])
  })

  test('that somebody has changed since is left as it is by the undo, which says so', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    const [before] = await rowsOf(database.url, `select prosrc from pg_proc where proname = 'quoted'`)
    await run(plan, [3])
    await sql(
      database.url,
      `create or replace function by_name() returns bigint language sql as 'select 7::bigint'; drop function plain(text)`,
    )
    const { events } = await undo(plan, { phase: 3 })
    expect(warningsOf(events).toSorted()).toEqual([
      'public.by_name() was changed or dropped since it was rewritten, and is left as it is',
      'public.plain(who text) was changed or dropped since it was rewritten, and is left as it is',
    ])
    expect(await rowsOf(database.url, `select by_name() as it`)).toEqual([{ it: '7' }])
    expect(await rowsOf(database.url, `select prosrc from pg_proc where proname = 'quoted'`)).toEqual([
      before,
    ])
  })

  test('that does not pass the server’s check is rewritten all the same', async () => {
    await using database = await scene(`
      create table gone (); create function broken() returns bigint language sql as 'select count(*) from public.users, gone';
      drop table gone;`)
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    const { phases, context } = await surveyed(plan)
    const step = phases.at(-1)!.steps.find(({ kind }) => kind === 'rewrite-bodies')!
    const [action] = stepKind(step.kind).actions(step.config, context)
    await sql(database.url, action?.policy === 'transaction' ? action.statements.join(';') : '')
    expect(await rowsOf(database.url, `select prosrc as it from pg_proc where proname = 'broken'`)).toEqual([
      { it: 'select count(*) from people.users, gone' },
    ])
  })

  test('that belongs to others than the runner holds contract up', async () => {
    await using database = await scene(`grant create on schema public to ${owner}`)
    const { findings } = await plannedOf(database, database.url.replace(/\/\/[^@/]*@/, `//${owner}@`))
    const refused = findings.filter((line) => line.includes('body-not-mine'))
    expect(refused).toContain(
      `error body-not-mine public.quoted(): its text uses old names and ${owner} may not replace it`,
    )
    expect(refused.filter((line) => line.includes('secret'))).toEqual([])
  })
})

/** What a plan says of the bodies before anything is done. */
async function plannedOf(
  database: FreshDatabase,
  url = database.url,
): Promise<{ findings: string[]; texts: string[]; steps: PlanDescription['phases'][number]['steps'] }> {
  const workspace = await openWorkspace(planFor(url, sketch), 'test')
  try {
    const { findings, phases } = await describePlan(workspace)
    return {
      findings: findings
        .filter(({ rule }) => rule.startsWith('body-'))
        .map(({ severity, rule, on, text }) => `${severity} ${rule} ${on}: ${text}`),
      texts: findings
        .filter(({ rule }) => rule === 'text-names-table' || rule === 'stored-name-fails')
        .map(({ on, text }) => `${on}: ${text}`),
      steps: phases.at(-1)!.steps,
    }
  } finally {
    await workspace.session.close()
  }
}
