import { beforeAll, describe, expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dump, dumpAll } from '../support/dump.ts'
import { planFor, type PlanSketch, uncounted } from '../support/plan.ts'
import { failureOf, problems, remove, run, undo } from '../support/run.ts'

const [role, owner] = ['objects_app', 'objects_owner']

beforeAll(async () => {
  for (const name of [role, owner])
    await sharedCluster().sql(
      'postgres',
      `do $$ begin create role ${name} login; exception when duplicate_object or unique_violation then null; end $$`,
    )
})

/** A function of every kind that can have two names, and types that functions and columns use. */
const schema = `
  create type mood as enum ('happy', 'sad');
  create domain email as text check (value like '%@%');
  create type pair as (a integer, b text);
  create table users (id serial primary key, address email, feels mood default 'happy', past mood[] default '{}', p pair);
  create table log (id serial primary key, line text);
  insert into users (address) select 'u@' || n from generate_series(1, 3) n;
  create function joined(a integer, b text default 'z') returns text language sql strict immutable as 'select a || b';
  create function joined(a text) returns text language sql immutable as 'select a';
  create function outs(a integer, out x integer, out y text) language sql stable as 'select a, a::text';
  create function out_first(out x integer, a integer) language sql stable as 'select a';
  create function everyone() returns setof users language sql stable as 'select * from public.users';
  create function total(variadic a integer[]) returns integer language sql immutable as 'select sum(x)::integer from unnest(a) x';
  create function note(line text) returns void language plpgsql as 'begin insert into public.log (line) values (note.line); end';
  create function address_of(u users) returns text language sql stable as 'select u.address';
  create function same(a anyelement) returns anyelement language sql immutable as 'select a';
  create function twice(inout a integer) returns setof integer language sql immutable as 'select a union all select a';
  create function listing() returns table (q integer, w text) language sql stable as 'select id, address from public.users';
  create function mood_of(m mood default 'sad') returns mood language sql immutable as 'select m';
  create function secret() returns bigint language sql security definer set search_path = public as 'select count(*) from users';
  create function "Odd ""Name%"(integer, "b c" text) returns text language sql immutable as 'select $1 || $2';
  create procedure save(a text, inout n integer) language plpgsql as $$
    begin insert into public.log (line) values (a); commit; n := n + 1; end $$;
  create procedure out_of(a integer, out b integer) language plpgsql as 'begin b := a * 2; end';
  create function stamp() returns trigger language plpgsql as 'begin new.feels := coalesce(new.feels, ''sad''); return new; end';
  create trigger stamp before insert on users for each row execute function stamp();
  create table uses (id integer default total(1, 2), t text check (joined(t) <> 'q'), g text generated always as (joined(t)) stored);
  create index uses_joined on uses (joined(t)); alter table uses enable row level security;
  create policy uses_all on uses using (joined(t) is not null); insert into uses (t) values ('x');
  create view using_view as select total(id, 1) as n from uses;
  create function outer_call() returns text language plpgsql as $$ begin return joined(1) || public.total(1, 2); end $$;
  alter function secret() owner to ${owner};
  revoke execute on function secret(), outs(integer) from public;
  grant execute on function secret() to ${role} with grant option;
  grant execute on function outs(integer) to ${role};
  revoke execute on procedure save(text, integer), out_of(integer) from public; revoke execute on function same(anyelement) from public;
  grant execute on procedure save(text, integer), out_of(integer) to ${role}; grant execute on function same(anyelement) to ${role};
  comment on function joined(integer, text) is 'two as one';
  grant select, insert on users, log to ${role}; grant select on users to ${owner}; grant usage on all sequences in schema public to ${role};`

/** Functions that compute, and procedures: nothing counts their calls. */
const computing = [
  'joined',
  'outs',
  'out_first',
  'everyone',
  'total',
  'address_of',
  'same',
  'twice',
  'listing',
  'mood_of',
  'secret',
  '"Odd ""Name%"',
  'save',
  'out_of',
]

const sketch: PlanSketch = {
  services: {
    people: {
      tables: ['users'],
      functions: ['[!s]*', 'same', 'secret', 'stamp'],
      types: ['*'],
      compat: { stamp: 'none' },
    },
    logs: { tables: ['log', 'uses'], functions: ['save'] },
  },
  phases: [{ name: 'all', switch: ['people', 'logs'] }],
  allow: uncounted(...computing.map((name) => `public.${name}`)),
}

async function scene(): Promise<FreshDatabase> {
  const database = await freshDatabase('objects')
  await sql(database.url, schema)
  return database
}

/** Calls every function as the application does. */
async function use(database: FreshDatabase, at: string, logs = at): Promise<void> {
  await using client = await connect(database.url.replace(/\/\/[^@/]*@/, `//${role}@`), 'app')
  const one = async (expression: string, from = ''): Promise<unknown> =>
    (await client.query(`select ${expression} as it ${from}`)).rows[0]?.['it']
  expect(await one(`${at}.joined(1)`)).toBe('1z')
  expect(await one(`${at}.joined(b => 'k', a => 2)`)).toBe('2k')
  expect(await one(`${at}.joined(null::integer)`)).toBeNull()
  expect(await one(`${at}.joined('t'::text)`)).toBe('t')
  expect((await client.query(`select * from ${at}.outs(3)`)).rows).toEqual([{ x: 3, y: '3' }])
  expect((await client.query(`select * from ${at}.out_first(3)`)).rows).toEqual([{ x: 3 }])
  expect((await client.query(`select id from ${at}.everyone() where id = 2`)).rows).toEqual([{ id: 2 }])
  expect(await one(`${at}.total(1, 2, 3)`)).toBe(6)
  expect(await one(`${at}.total(variadic array[1, 2])`)).toBe(3)
  await client.query(`select ${at}.note('n')`)
  expect(await one(`${at}.address_of(u)`, `from ${at}.users u where id = 1`)).toBe('u@1')
  expect(await one(`${at}.same(7)`)).toBe(7)
  expect((await client.query(`select * from ${at}.twice(4)`)).rows).toEqual([{ a: 4 }, { a: 4 }])
  expect((await client.query(`select w from ${at}.listing() where q = 3`)).rows).toEqual([{ w: 'u@3' }])
  expect(await one(`${at}.mood_of()`)).toBe('sad')
  expect(await one(`${at}.secret() > 2`)).toBe(true)
  expect(await one(`${at}."Odd ""Name%"(1, 'b')`)).toBe('1b')
  expect((await client.query(`call ${logs}.save('s', 5)`)).rows).toEqual([{ n: 6 }])
  expect((await client.query(`call ${at}.out_of(5, null)`)).rows).toEqual([{ b: 10 }])
  expect(await one(`${at}.outer_call()`)).toBe('1z3')
}

const planOf = (...functions: string[]): PlanSketch => ({
  services: { logs: { functions } },
  allow: uncounted('public.joined'),
})

const tidy = `delete from log; select setval('log_id_seq', 1, false)`

describe('functions, procedures and types of a service', () => {
  test('work by both names in every phase, and go back to what they were', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    const before = await dumpAll(database.url)
    for (let round = 0; round < 2; round++) {
      await run(plan, [1])
      await use(database, 'public')
      await use(database, 'people', 'logs')
      expect(await problems(plan)).toEqual([])
      await run(plan, [2])
      await use(database, 'public')
      await use(database, 'people', 'logs')
      expect(await problems(plan)).toEqual([])
      await undo(plan, { to: 0 })
      await sql(database.url, tidy)
      expect(await dumpAll(database.url)).toBe(before)
    }
    await remove(plan)
    expect(await dump(database.url, { rows: true })).toBe(before)
  })

  test('end at their new names with contract, whose undo makes the old ones again', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    const switched = await dumpAll(database.url)
    await run(plan, [3])
    expect(
      await rowsOf(
        database.url,
        `select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace`,
      ),
    ).toEqual([])
    expect(
      await rowsOf(
        database.url,
        `select typname as name from pg_type where typnamespace = 'people'::regnamespace and typtype in ('e', 'd') or typname = 'pair' order by 1`,
      ),
    ).toEqual([{ name: 'email' }, { name: 'mood' }, { name: 'pair' }])
    await use(database, 'people', 'logs')
    await sql(
      database.url,
      `insert into people.users (address, past) values ('x@', '{sad}'); delete from people.users where address = 'x@'; select setval('people.users_id_seq', 3)`,
    )
    expect(await problems(plan)).toEqual([])
    await undo(plan, { to: 2 })
    await use(database, 'public')
    await sql(database.url, `delete from log; select setval('log_id_seq', 1, false)`)
    expect(await dumpAll(database.url)).toBe(switched)
  })

  test('a wrapper that somebody has changed holds the switch up, and expand repairs it', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    await sql(
      database.url,
      `revoke execute on function public.note(text) from public;
       create or replace function people.total(variadic a integer[]) returns integer language sql immutable as 'select 0'`,
    )
    const failure = await failureOf(run(plan, [2]))
    expect(failure.message).toMatch(/total.*what is called/s)
    expect(failure.message).not.toContain('note')
    await sql(database.url, 'grant execute on function public.note(text) to public')
    await run(plan, [1, 2])
    await use(database, 'public')
  })

  test('what cannot have two names is refused with the reason, before anything is changed', async () => {
    await using database = await scene()
    await sql(
      database.url,
      `create aggregate agg (integer) (sfunc = int4pl, stype = integer);
       create function anon() returns record language sql as 'select 1, 2';
       create function evt() returns event_trigger language plpgsql as 'begin end';
       create type span as range (subtype = integer);`,
    )
    const before = await dump(database.url, { rows: true })
    for (const [service, message] of [
      [{ functions: ['agg'] }, /aggregate/],
      [{ functions: ['anon'] }, /records/],
      [{ functions: ['evt'] }, /trigger function/],
      [{ functions: ['stamp'] }, /trigger function/],
      [{ types: ['span'] }, /constructor/],
      [{ functions: ['nothing'] }, /there is no function "nothing"/],
      [{ functions: ['tota'] }, /total/],
      [{ types: ['users'] }, /there is no type "users"/],
    ] as const)
      expect(
        (await failureOf(run(planFor(database.url, { services: { people: service } }), [1]))).message,
      ).toMatch(message)
    expect(await dump(database.url, { rows: true })).toBe(before)
  })

  test('a procedure that everybody may execute is refused until its callers may enter the schema', async () => {
    await using database = await scene()
    await sql(database.url, 'grant execute on procedure save(text, integer) to public')
    expect((await failureOf(run(planFor(database.url, sketch), [1]))).message).toMatch(
      /function-callers.*PUBLIC/,
    )
  })

  test('an aggregate and a trigger function move without an old name', async () => {
    await using database = await scene()
    await sql(database.url, `create aggregate agg (integer) (sfunc = int4pl, stype = integer)`)
    const before = await dumpAll(database.url)
    const plan = planFor(database.url, {
      services: { people: { functions: ['agg', 'stamp'], compat: 'none' } },
    })
    await run(plan, [1, 2])
    await sql(
      database.url,
      `select people.agg(n) from generate_series(1, 2) n; insert into users (address) values ('t@')`,
    )
    await undo(plan, { to: 0 })
    await sql(database.url, `delete from users where address = 't@'; select setval('users_id_seq', 3)`)
    expect(await dumpAll(database.url)).toBe(before)
  })
})

test('calls of a function by its old name are counted, and hold contract up', async () => {
  await using database = await scene()
  const plan = planFor(database.url, planOf('note', 'joined'))
  await run(plan, [1, 2])
  await sql(database.url, `select public.note('a'), public.joined(1)`)
  const failure = await failureOf(
    run(planFor(database.url, { ...planOf('note', 'joined'), quiet: '1d' }), [3]),
  )
  expect(failure.code).toBe('gate-waiting')
  expect(failure.detail.join('\n')).toMatch(/public\.note/)
  await run(plan, [3])
})

test('a wrapper that was dropped is missed before the switch, and made again', async () => {
  await using database = await scene()
  const plan = planFor(database.url, planOf('joined', 'everyone'))
  await run(plan, [1])
  await sql(database.url, 'drop function logs.joined(integer, text)')
  expect((await failureOf(run(plan, [2]))).message).toMatch(/function-outdated .*its wrapper is not there/)
  await run(plan, [1, 2])
  await sql(database.url, 'drop function public.joined(integer, text)')
  await undo(plan, { phase: 2 })
  await sql(database.url, 'select logs.joined(1), public.joined(1)')
})

test('a table whose rows a function returns can be altered by the old names, too', async () => {
  await using database = await scene()
  await run(planFor(database.url, planOf('everyone')), [1, 2])
  await sql(database.url, 'alter table users add extra integer; select extra from public.everyone()')
  await sql(database.url, 'alter table users drop extra; alter table users alter id type bigint')
  await sql(database.url, 'select id from public.everyone(); select id from logs.everyone()')
})

test('names that are nothing but quotes and signs', async () => {
  await using database = await scene()
  const before = await dumpAll(database.url)
  const plan = planFor(database.url, {
    services: { odd: { tables: ['log'], functions: ['Odd*', 'note', 'save'], schema: `o'b "%s` } },
  })
  await run(plan, [1, 2])
  await sql(database.url, `select "o'b ""%s"."Odd ""Name%"(1, 'b'); select public.note('x')`)
  await undo(plan, { to: 0 })
  await sql(database.url, tidy)
  expect(await dumpAll(database.url)).toBe(before)
})

test('a grant that was handed on by the old name does not hold the way back up', async () => {
  await using database = await scene()
  const plan = planFor(database.url, planOf('secret'))
  await run(plan, [1, 2])
  await sql(
    database.url,
    `set role ${role}; grant execute on function public.secret() to ${owner}; reset role;
    grant execute on function logs.secret() to pg_monitor`,
  )
  await undo(plan, { to: 0 })
})

test('a type whose name was taken since contract holds the way back up before anything is undone', async () => {
  await using database = await scene()
  const plan = planFor(database.url, { services: { people: { types: ['mood'] } } })
  await run(plan, [1, 2, 3])
  await sql(database.url, 'create type public.mood as (a integer)')
  expect((await failureOf(undo(plan, { to: 0 }))).message).toMatch(/public\.mood/)
  await sql(database.url, 'drop type public.mood')
  await undo(plan, { to: 0 })
})

describe('changes of functions and types by others', () => {
  test('are reported, for wrappers too, and those of others are not', async () => {
    await using database = await scene()
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    await sql(
      database.url,
      `create or replace function public.twice(inout a integer) returns setof integer language sql immutable as 'select 1';
       create function public.twice(a text) returns text language sql as 'select a'`,
    )
    await sql(database.url, `alter type mood add value 'angry'`)
    await sql(database.url, `drop function people.listing() cascade`)
    const rows = await rowsOf<{ line: string }>(
      database.url,
      `select tag || ' ' || object as line from migrate.drift order by id`,
    )
    expect(rows.map(({ line }) => line)).toEqual([
      'CREATE FUNCTION public.twice(integer)',
      'ALTER TYPE public.mood',
      expect.stringMatching(/^DROP FUNCTION .*people\.listing\(\)/),
    ])
    expect((await problems(plan)).join('\n')).toMatch(/twice.*what is called/)
  })

  test('a function that somebody made at the old name since contract holds the way back up', async () => {
    await using database = await scene()
    const plan = planFor(database.url, {
      services: { people: { functions: ['twice'] } },
      allow: uncounted('public.twice'),
    })
    await run(plan, [1, 2, 3])
    await sql(
      database.url,
      `create function public.twice(a integer) returns integer language sql as 'select a'`,
    )
    expect((await failureOf(undo(plan, { to: 0 }))).message).toMatch(/twice/)
    await sql(database.url, `drop function public.twice(integer)`)
    await undo(plan, { to: 0 })
  })
})
