import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describePlan } from '../../src/engine/describe.ts'
import { openWorkspace } from '../../src/engine/workspace.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { connect, sql, type TestClient } from '../support/client.ts'
import { sharedCluster } from '../support/cluster.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dump } from '../support/dump.ts'
import { phasesOf, planFor, uncounted } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { findingsOf, check, problems, run, silence, statusOf, undo, warningsOf } from '../support/run.ts'

const roles = ['owner', 'heir', 'reader', 'writer', 'other', 'late'].map((name) => `acl_${name}`)

beforeAll(async () => {
  await sharedCluster().sql('postgres', roles.map((role) => `create role ${role} login;`).join('\n'))
})

const structure = `
  grant create on schema public to acl_owner, acl_heir;
  create table kept (id serial primary key, n int, note text);
  create table shelled (id serial primary key, n int, note text);
  create table gone (id serial primary key, n int, note text);
  create view seen as select id, n, note from kept;
  create function f(x int) returns int language sql as 'select x';
  revoke execute on function f from public; 
  create procedure p(x int) language plpgsql as 'begin end'; revoke execute on procedure p from public;`

async function prepared(): Promise<FreshDatabase & { plan: Plan }> {
  const database = await freshDatabase('privileges')
  await sql(database.url, structure)
  for (const name of ['kept', 'shelled', 'gone', 'seen'])
    await sql(
      database.url,
      `alter table ${name} owner to acl_owner; grant select on ${name} to acl_reader;
       grant insert (n), update (n, note) on ${name} to acl_reader; grant select, delete on ${name} to acl_writer with grant option;
       set role acl_writer; grant select on ${name} to acl_other with grant option; set role acl_other; grant select on ${name} to acl_late`,
    )
  await sql(
    database.url,
    `alter function f owner to acl_owner; alter procedure p owner to acl_owner; grant execute on function f to acl_writer with grant option;
     set role acl_writer; grant execute on function f to acl_other`,
  )
  const plan = planFor(database.url, {
    services: {
      app: {
        tables: ['kept', 'shelled', 'gone'],
        views: ['seen'],
        functions: ['f', 'p'],
        compat: { shelled: 'shell', gone: 'none' },
      },
    },
    allow: uncounted(...['shelled', 'f', 'p'].map((name) => `public.${name}`)),
  })
  return { ...database, plan }
}

/** Privileges on a relation and its columns, or on a routine, with their grantors, in any order. */
async function privileges(client: TestClient, schema: string): Promise<Record<string, string[]>> {
  const rows = await client.rows<{ name: string; list: string[] }>(
    `select name, array_agg(entry order by entry collate "C") as list from (
       select c.relname::text as name, 'owner ' || c.relowner::regrole as entry from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v')
       union all
       select c.relname, format('%s %s to %s by %s%s', a.attname, x.privilege_type, x.grantee, x.grantor::regrole, x.is_grantable)
         from pg_class c cross join lateral (
           select null::name as attname, coalesce(c.relacl, acldefault('r', c.relowner)) as acl
           union all select a.attname, a.attacl from pg_attribute a where a.attrelid = c.oid and a.attnum > 0) a
        cross join lateral aclexplode(a.acl) x where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v')
       union all
       select p.proname, format('%s to %s by %s%s, owner %s', x.privilege_type, x.grantee, x.grantor::regrole, x.is_grantable, p.proowner::regrole)
         from pg_proc p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where p.pronamespace = $1::regnamespace) e
      group by name order by name`,
    [schema],
  )
  return Object.fromEntries(rows.map(({ name, list }) => [name, list]))
}

async function expectSame(client: TestClient, names: readonly string[]): Promise<void> {
  const [old, now] = [await privileges(client, 'public'), await privileges(client, 'app')]
  for (const name of names) expect([name, old[name]]).toEqual([name, now[name]])
}

const both = ['f', 'kept', 'p', 'seen', 'shelled']

describe('what is granted, revoked or given away by either name is so by both after the next command', () => {
  let database: FreshDatabase & { plan: Plan }
  let client: TestClient
  let before: string

  beforeAll(async () => {
    database = await prepared()
    client = await connect(database.url)
    before = await dump(database.url, { except: 'migrate' })
  })
  afterAll(async () => {
    await client.end()
    await database[Symbol.asyncDispose]()
  })

  const expand = (): number => phasesOf(database.plan).expand
  const switches = (): readonly number[] => phasesOf(database.plan).switches
  const contract = (): number => phasesOf(database.plan).contract

  test('expand: facades have the privileges of their tables, with those who granted them', async () => {
    await run(database.plan, [expand()])
    await expectSame(client, [...both, 'gone'])
    expect((await statusOf(database.plan)).outcomes.privileges).toEqual([])
  })

  test('after expand, by both names, carried by the switch', async () => {
    await sql(
      database.url,
      `grant insert on public.kept to acl_late; grant update on app.kept to acl_other; revoke select on app.shelled from acl_writer cascade;
       revoke update (note) on public.seen from acl_reader; revoke delete on app.gone from acl_writer; grant select on app.kept to public;
       set role acl_writer; grant delete on app.kept to acl_other with grant option; reset role;
       revoke execute on function app.f(int) from acl_writer cascade; grant execute on procedure public.p(int) to acl_late;
       alter default privileges for role ${await client.value<string>('select current_user::text')} in schema public grant select on tables to acl_late`,
    )
    const { outcomes } = await statusOf(database.plan)
    expect(outcomes.privileges).toEqual(
      expect.arrayContaining([
        'grant INSERT on public.kept to acl_late',
        'grant UPDATE on app.kept to acl_other',
        'revoke SELECT on app.shelled from acl_writer',
        'revoke UPDATE (note) on public.seen from acl_reader',
        'grant DELETE on app.kept to acl_other with grant option',
        'revoke EXECUTE on routine app.f(integer) from acl_writer',
      ]),
    )
    const workspace = await openWorkspace(database.plan, 'test')
    expect((await describePlan(workspace)).privileges).toEqual(outcomes.privileges)
    await workspace.session.close()
    expect(await problems(database.plan)).toEqual([])
    expect(findingsOf(await check(database.plan)).join('\n')).toContain(
      'privileges were changed by one of its names',
    )
    const { events } = await run(database.plan, switches())
    expect(warningsOf(events).join('\n')).toContain(
      '"grant INSERT on public.kept to acl_late": it is so by the other name too',
    )
    await expectSame(client, both)
    const now = await privileges(client, 'app')
    expect(now['kept']).toEqual(
      expect.arrayContaining([expect.stringMatching(/^ ?DELETE to \d+ by acl_writert$/)]),
    )
    expect(now['shelled']!.filter((line) => line.includes('by acl_writer'))).toEqual([])
    expect(now['gone']!.filter((line) => / by acl_writer/.test(line)).length).toBeGreaterThan(0)
    expect(await has('acl_writer', 'app.gone', 'DELETE')).toBe(false)
    expect(await problems(database.plan)).toEqual([])
    expect((await statusOf(database.plan)).outcomes.privileges).toEqual([])
  })

  const has = (role: string, name: string, privilege: string): Promise<boolean> =>
    client.value<boolean>('select has_table_privilege($1, $2, $3)', [role, name, privilege])

  test('after the switch, by the old name, which is a view, carried by the way back', async () => {
    await sql(
      database.url,
      `grant select on public.kept to acl_heir; revoke select on public.kept from acl_reader; grant truncate on public.shelled to acl_late;
       revoke select on app.shelled from acl_reader; grant select on app.gone to acl_heir; revoke execute on procedure public.p(int) from acl_late;
       alter table public.seen owner to acl_heir; alter function public.f(int) owner to acl_heir`,
    )
    expect((await statusOf(database.plan)).outcomes.privileges).toEqual(
      expect.arrayContaining([
        'alter table public.seen owner to acl_heir',
        'alter routine public.f(integer) owner to acl_heir',
        'revoke SELECT on public.kept from acl_reader',
        'grant TRUNCATE on public.shelled to acl_late',
      ]),
    )
    await undo(database.plan, { phase: switches()[0]! })
    await expectSame(client, both)
    expect(await has('acl_heir', 'public.kept', 'SELECT')).toBe(true)
    expect(await has('acl_heir', 'public.gone', 'SELECT')).toBe(true)
    expect(await has('acl_heir', 'app.gone', 'SELECT')).toBe(true)
    expect(await has('acl_late', 'public.shelled', 'TRUNCATE')).toBe(true)
    const now = await privileges(client, 'public')
    const reader = (await client.value<number>(`select 'acl_reader'::regrole::oid::int`)).toString()
    expect(
      now['kept']!.filter(
        (line) => line.startsWith(`SELECT to ${reader} `) || line.startsWith(` SELECT to ${reader} `),
      ),
    ).toEqual([])
    expect(now['seen']).toContain('owner acl_heir')
    expect(now['f']!.every((line) => line.endsWith('owner acl_heir'))).toBe(true)
  })

  test('owners of tables with sequences, both names, and what contract drops', async () => {
    await run(database.plan, switches())
    await sql(
      database.url,
      `alter table public.kept owner to acl_heir; alter table app.shelled owner to acl_heir; grant delete on public.kept to acl_late;
       revoke update on public.kept from acl_other; revoke truncate, insert on public.kept from acl_heir`,
    )
    await run(database.plan, [contract()])
    const now = await privileges(client, 'app')
    expect(now['kept']).toContain('owner acl_heir')
    expect(now['shelled']).toContain('owner acl_heir')
    expect(await has('acl_late', 'app.kept', 'DELETE')).toBe(true)
    expect(await has('acl_other', 'app.kept', 'UPDATE')).toBe(false)
    expect([
      await has('acl_heir', 'app.kept', 'TRUNCATE'),
      await has('acl_heir', 'app.kept', 'INSERT'),
    ]).toEqual([false, false])
    expect(
      await client.value(`select relowner::regrole::text from pg_class where relname = 'kept_id_seq'`),
    ).toBe('acl_heir')
    await sql(
      database.url,
      `grant insert on app.kept to acl_heir; revoke select on app.kept from acl_late cascade; grant select on app.kept to acl_writer`,
    )
    await undo(database.plan, { phase: contract() })
    await expectSame(client, both)
  })

  test('and the way back to the beginning keeps all of it', async () => {
    await sql(
      database.url,
      'grant references on app.kept to acl_late; grant references on public.seen to acl_late',
    )
    await undo(database.plan, { to: 0 })
    expect([
      await has('acl_late', 'public.kept', 'REFERENCES'),
      await has('acl_late', 'public.seen', 'REFERENCES'),
    ]).toEqual([true, true])
    const plain = (text: string): string[] =>
      text
        .split('\n')
        .filter(
          (line) =>
            !/^(GRANT|REVOKE|ALTER (TABLE|FUNCTION|PROCEDURE|SEQUENCE).* OWNER TO|ALTER DEFAULT|SET SESSION|RESET SESSION|-- )/.test(
              line,
            ) && line !== '',
        )
    expect(plain(await dump(database.url, { except: 'migrate' }))).toEqual(plain(before))
  })
})

/** `[column, grantee, privilege, grantor, option]`, as the journal keeps them; the owner is 1. */
type Item = readonly [string | null, number, string, number, boolean]

describe('merging two lists that were one', () => {
  const owner = 1
  const item = fc
    .tuple(
      fc.constantFrom(null, 'c'),
      fc.integer({ min: 0, max: 4 }),
      fc.constantFrom('SELECT', 'UPDATE'),
      fc.boolean(),
    )
    .map(([column, grantee, privilege, option]): Item => [column, grantee, privilege, owner, option])
  /** With what each option needs: its privilege. */
  const list = fc.array(item, { maxLength: 8 }).map((items): Item[] => unique(items.flatMap(withPlain)))
  const unique = (items: readonly Item[]): Item[] =>
    [...new Map(items.map((one) => [JSON.stringify(one), one])).values()].toSorted(byText)
  const withPlain = ([column, grantee, privilege, grantor, option]: Item): Item[] =>
    (option ? [true, false] : [false]).map((each) => [column, grantee, privilege, grantor, each])
  const byText = (a: Item, b: Item): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
  const holds = (items: readonly Item[], one: Item): boolean =>
    items.some((other) => JSON.stringify(other) === JSON.stringify(one))
  const plain = ([column, grantee, privilege, grantor]: Item): Item => [
    column,
    grantee,
    privilege,
    grantor,
    false,
  ]

  let database: FreshDatabase
  let client: TestClient
  beforeAll(async () => {
    database = await freshDatabase('merge')
    await sql(database.url, 'create table t (id integer)')
    await run(planFor(database.url, { services: { app: ['t'] } }), [1])
    client = await connect(database.url)
  })
  afterAll(async () => {
    await client.end()
    await database[Symbol.asyncDispose]()
  })

  const merge = async (triples: readonly (readonly Item[])[][]): Promise<Item[][]> => {
    const rows = await client.rows<{ merged: Item[] }>(
      `select migrate.merge_privileges(1, t -> 0, t -> 1, t -> 2) as merged from jsonb_array_elements($1::jsonb) with ordinality x (t, n) order by n`,
      [JSON.stringify(triples)],
    )
    return rows.map(({ merged }) => merged.toSorted(byText))
  }

  test('keeps its laws', async () => {
    const triples = fc.sample(fc.tuple(list, list, list), 1500)
    const merged = await merge(triples)
    const mirrored = await merge(triples.map(([base, one, other]) => [base, other, one]))
    const unchanged = await merge(triples.map(([base]) => [base, base, base]))
    const alone = await merge(triples.map(([base, one]) => [base, one, base]))
    for (const [index, [base, one, other]] of triples.entries()) {
      const result = merged[index]!
      expect(mirrored[index]).toEqual(result)
      expect(unchanged[index]).toEqual(base)
      expect(alone[index]).toEqual(one)
      for (const was of base)
        if (!holds(one, was) || !holds(other, was)) expect([was, holds(result, was)]).toEqual([was, false])
      for (const given of [...one, ...other])
        if (!holds(base, given)) {
          // An option to grant what the other side has revoked is no more.
          const isRevoked =
            holds(base, plain(given)) && !(holds(one, plain(given)) && holds(other, plain(given)))
          expect([given, holds(result, given)]).toEqual([given, !isRevoked])
        }
      for (const left of result) expect(holds(one, left) || holds(other, left)).toBe(true)
    }
  })

  test('what was granted by who may grant no more goes with that', async () => {
    const chain: Item[] = [
      [null, 2, 'SELECT', 1, false],
      [null, 2, 'SELECT', 1, true],
      ['c', 3, 'SELECT', 2, false],
      ['c', 3, 'SELECT', 2, true],
      ['c', 4, 'SELECT', 3, false],
    ]
    const without = (...gone: number[]): Item[] => chain.filter((_, index) => !gone.includes(index))
    const late: Item = [null, 4, 'SELECT', 2, false]
    expect(
      await merge([
        [chain, chain, without(3)],
        [chain, without(1), [...chain, late]],
        [chain, without(0, 1, 2, 3, 4), chain],
      ]),
    ).toEqual([without(3, 4).toSorted(byText), [chain[0]], []])
  })
})

test('who has lost a table by one name gains nothing by the other; what was granted before counts', async () => {
  await using database = await freshDatabase('acl-ousted')
  await sql(
    database.url,
    `grant create on schema public to acl_owner, acl_heir; create table early (id int); create table late (id int);
     alter table early owner to acl_owner; alter table late owner to acl_owner`,
  )
  const plan = planFor(database.url, { services: { app: ['early', 'late'] } })
  const { expand, switches } = phasesOf(plan)
  await run(plan, [expand, ...switches])
  await sql(
    database.url,
    `set role acl_owner; grant select on public.early to acl_reader; reset role; alter table app.early owner to acl_heir`,
  )
  for (const statement of [
    'alter table app.late owner to acl_heir',
    'set role acl_owner; grant select on public.late to acl_owner, acl_reader',
  ])
    await sql(database.url, statement)
  const { events } = await undo(plan, { phase: switches[0]! })
  expect(warningsOf(events).join('\n')).toMatch(/SELECT on .*late to acl_reader was granted by who had given/)
  await using client = await connect(database.url)
  const rows = await client.rows(
    `select n, has_table_privilege('acl_reader', n, 'select') as reader, has_table_privilege('acl_owner', n, 'select') as owner, pg_get_userbyid(relowner) as owned
       from unnest(array['public.early', 'app.early', 'public.late', 'app.late']) n join pg_class c on c.oid = n::regclass order by 1`,
  )
  expect(rows).toEqual(
    ['app.early', 'app.late', 'public.early', 'public.late'].map((n) => ({
      n,
      reader: n.endsWith('early'),
      owner: false,
      owned: 'acl_heir',
    })),
  )
})

test('what a scream takes is no revoke, whoever gives it back; a grant and a revoke by the other name meanwhile count', async () => {
  await using database = await freshDatabase('scream-acl')
  await sql(
    database.url,
    'create table t (id integer); grant select, insert on t to acl_reader; grant select on t to acl_writer',
  )
  const plan = planFor(database.url, { services: { app: ['t'] } })
  const { expand, switches } = phasesOf(plan)
  await run(plan, [expand, ...switches])
  await using client = await connect(database.url)
  const screaming = silence(plan, { forMs: 1200 })
  await until(
    async () =>
      (await client.value(`select relacl::text from pg_class where oid = 'public.t'::regclass`)) === '{}',
  )
  expect((await statusOf(plan)).outcomes.privileges).toEqual([])
  await client.query(
    'revoke select on app.t from acl_writer; grant select on app.t to acl_late; grant update on public.t to acl_late',
  )
  await screaming
  await undo(plan, { phase: switches[0]! })
  const rows = await client.rows<{ list: string }>(
    `select string_agg(format('%s %s', x.grantee::regrole, x.privilege_type), ', ' order by 1) as list
       from pg_class c cross join lateral aclexplode(c.relacl) x
      where c.oid in ('public.t'::regclass, 'app.t'::regclass) and x.grantee <> c.relowner group by c.oid`,
  )
  expect(rows.map(({ list }) => list.split(', ').toSorted())).toEqual(
    [0, 1].map(() => ['acl_late SELECT', 'acl_late UPDATE', 'acl_reader INSERT', 'acl_reader SELECT']),
  )
})

test('a runner that is no superuser carries over what it may, tells what it may not, and drops nothing that speaks of it', async () => {
  await using database = await freshDatabase('acl-plain')
  await sql(
    database.url,
    `do $$ begin create role acl_runner login createrole; exception when duplicate_object then null; end $$;
     grant acl_owner to acl_runner; grant create on schema public to acl_owner; grant create on schema public to acl_runner;
     create table t (id serial, n integer); alter table t owner to acl_owner; grant select on t to acl_reader with grant option;
     set role acl_reader; grant select on t to acl_other; reset role`,
  )
  await sql(database.url, `grant create on database "${database.name}" to acl_runner, acl_owner`)
  const url = new URL(database.url)
  url.username = 'acl_runner'
  const plan = planFor(url.href, {
    services: { app: ['t'] },
    allow: [{ rule: 'rights', on: '*', because: 'a test' }],
  })
  const { expand, switches } = phasesOf(plan)
  await run(plan, [expand, ...switches])
  await sql(
    database.url,
    `revoke select on public.t from acl_reader cascade; grant insert (n) on public.t to acl_late; grant usage on sequence public.t_id_seq to acl_late`,
  )
  const { events } = await undo(plan, { phase: switches[0]! })
  expect(warningsOf(events).join('\n')).toContain('grant INSERT (n) on public.t to acl_late')
  const client = await connect(database.url)
  try {
    const may = (role: string, privilege: string): Promise<boolean> =>
      client.value<boolean>(`select has_any_column_privilege($1, 'public.t', $2)`, [role, privilege])
    expect([
      await may('acl_reader', 'SELECT'),
      await may('acl_other', 'SELECT'),
      await may('acl_late', 'INSERT'),
    ]).toEqual([false, false, true])
    await client.query('alter table app.t owner to acl_heir')
    const told = await run(plan, switches).then(
      () => '',
      (error: Error) => error.message,
    )
    expect(told).not.toBe('')
    expect((await statusOf(plan)).outcomes.privileges).toEqual(['alter table app.t owner to acl_heir'])
  } finally {
    await client.end()
  }
})
