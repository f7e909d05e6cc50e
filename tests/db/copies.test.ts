import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { adoptCopy, type Adoption } from '../../src/engine/adopt-copy.ts'
import { uninstall, type Uninstalled } from '../../src/engine/uninstall.ts'
import { openWorkspace } from '../../src/engine/workspace.ts'
import { EventStream } from '../../src/events/stream.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { rowsOf, sql } from '../support/client.ts'
import { sharedCluster } from '../support/cluster.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dump } from '../support/dump.ts'
import { testWithPgDump as test } from '../support/needing.ts'
import { phasesOf, planFor, uncounted, type PlanSketch } from '../support/plan.ts'
import { failureOf, problems, run, statusOf, undo } from '../support/run.ts'

const structure = `
  create type mood as enum ('sad', 'glad');
  create table kept (id serial primary key, n int default 1, m mood); insert into kept (n, m) values (1, 'sad'), (2, 'glad');
  create table shelled (id serial primary key, n int); insert into shelled (n) values (3);
  create table gone (id int primary key, n int references kept); insert into gone values (1, 1);
  create view seen as select id, n from kept;
  create table parts (id int, n int) partition by range (id); create table parts_1 partition of parts for values from (0) to (100);
  create sequence numbers; create table numbered (id int default nextval('numbers') primary key); insert into numbered default values;
  create function f(x int) returns int language sql as 'select x + count(*)::int from public.kept';
  create function twice(x int, y mood) returns int language sql as 'select 2 * x';
  create procedure p(x int) language plpgsql as 'begin insert into public.kept (n) values (x); end'; revoke execute on procedure p from public;
  create role copy_reader; create role copy_writer; create role copy_owner;`

const dress = `
  grant select on kept, shelled to copy_reader; grant select, insert on kept to copy_writer with grant option;
  set role copy_writer; grant select on kept to copy_owner`

const sketch: PlanSketch = {
  services: {
    app: {
      tables: ['kept', 'shelled', 'gone', 'parts', 'numbered'],
      views: ['seen'],
      functions: ['f', 'p', 'twice'],
      types: ['mood'],
      compat: { shelled: 'shell', gone: 'none' },
    },
  },
  allow: uncounted(...['shelled', 'f', 'p', 'twice'].map((name) => `public.${name}`)),
}

const programs = (name: string, ...args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(join(sharedCluster().binaries.clientBin!, name), args, { maxBuffer: 1 << 26 })

let folder: string
let before: string
const originals: Record<string, FreshDatabase> = {}
const data = (schema: string): string =>
  `select (select json_agg(k order by id) from ${schema}.kept k)::text as kept, (select json_agg(s order by id) from ${schema}.shelled s)::text as shelled`

async function adopt(plan: Plan, isRehearsal = false): Promise<Adoption> {
  const events = new EventStream()
  const workspace = await openWorkspace(plan, 'adopt', events)
  try {
    return await adoptCopy(workspace, { isRehearsal, waitMs: 0, events })
  } finally {
    await workspace.session.close()
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copies-'))
  const database = await freshDatabase('original')
  await sql(database.url, structure)
  await sql(database.url, dress)
  before = await dump(database.url, { except: 'migrate' })
  const plan = planFor(database.url, sketch)
  const { expand, switches, contract } = phasesOf(plan)
  for (const [name, phases] of Object.entries({ expand: [expand], switch: switches, contract: [contract] })) {
    await run(plan, phases)
    originals[name] = await freshDatabase(`original_${name}`, database.name)
    await sql(
      originals[name].url,
      `update migrate.runs set database_oid = (select oid from pg_database where datname = current_database())`,
    )
  }
  await database[Symbol.asyncDispose]()
})

afterAll(async () => {
  for (const database of Object.values(originals)) await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function restored(original: FreshDatabase, ...options: string[]): Promise<FreshDatabase> {
  const copy = await freshDatabase('copy')
  const file = join(folder, copy.name)
  await programs('pg_dump', '-Fc', '-f', file, '-d', original.url)
  await programs('pg_restore', '--exit-on-error', ...options, '-d', copy.url, file)
  return copy
}

describe('a run is taken over in a copy', () => {
  test.each([
    ['switch', ['--no-comments']] as const,
    ...(process.env['SOAK']
      ? ([
          ['expand', []],
          ['switch', []],
          ['contract', []],
        ] as const)
      : []),
  ])(
    'after %s, restored with %j: verified, finished, and undone to the beginning',
    async (phase, options) => {
      await using copy = await restored(originals[phase]!, ...options)
      const plan = planFor(copy.url, sketch)
      const { switches, contract } = phasesOf(plan)
      expect((await failureOf(statusOf(plan))).code).toBe('identity-changed')
      const untouched = await dump(copy.url, { rows: true })
      const rehearsed = await adopt(plan, true)
      expect(rehearsed).toMatchObject({ isDone: false, isHome: false, tables: 7 })
      expect(await dump(copy.url, { rows: true })).toBe(untouched)
      const adopted = await adopt(plan)
      expect(adopted.told.join('\n')).toContain('keeps its own journal and run')
      expect(await problems(plan)).toEqual([])
      expect((await statusOf(plan)).outcomes.privileges).toEqual([])
      expect(await adopt(plan)).toMatchObject({ isHome: true })
      await run(plan, [...(phase === 'expand' ? switches : []), ...(phase === 'contract' ? [] : [contract])])
      expect(await problems(plan)).toEqual([])
      expect(await rowsOf(copy.url, data('app'))).toEqual(
        await rowsOf(originals[phase]!.url, data(phase === 'expand' ? 'public' : 'app')),
      )
      await undo(plan, { to: 0 })
      const after = await dump(copy.url, { except: 'migrate' })
      if (options.length === 0) expect(after).toBe(before)
      // The original has not noticed.
      expect((await statusOf(planFor(originals[phase]!.url, sketch))).outcomes.run).toMatchObject({ id: 1 })
    },
  )
})

test('a copy made in the middle of a step, of a scream, and of changed privileges: all three are taken over', async () => {
  await using source = await freshDatabase('middle', originals['switch']!.name)
  await sql(
    source.url,
    `update migrate.runs set database_oid = (select oid from pg_database where datname = current_database());
     update migrate.phases set state = 'running' where kind = 'contract';
     insert into migrate.steps (run, phase, id, position, kind, summary, state) select run, number, 'bodies', 1, 'rewrite-bodies', '', 'running' from migrate.phases where kind = 'contract';
     grant update on public.shelled to copy_reader; revoke select on public.shelled from copy_owner; revoke select on app.parts from copy_reader;
     insert into migrate.screams (run, relation, name, owner, acl, column_acls, grants, until, guard, taken_at)
     select 1, c.oid, 'public.kept', c.relowner, a.acl, a.column_acls, '[]', now(), 0, now()
       from pg_class c, migrate.acls_of(c.oid) a where c.oid = 'public.kept'::regclass;
     select migrate.take_privileges('public.kept'::regclass)`,
  )
  const may = `select has_table_privilege('copy_writer', 'public.kept', 'insert with grant option') as back, has_table_privilege('copy_owner', 'public.kept', 'select') as chained,
    has_table_privilege('copy_reader', 'app.shelled', 'update') as carried, (select count(*)::int from migrate.screams where given_back_at is null) as open`
  const expected = [{ back: true, chained: true, carried: true, open: 0 }]
  for (const copy of [
    await freshDatabase('template', source.name),
    ...(process.env['SOAK'] ? [await restored(source)] : []),
  ]) {
    const plan = planFor(copy.url, sketch)
    await adopt(plan)
    expect(await rowsOf(copy.url, may)).toEqual(expected)
    expect((await statusOf(plan)).outcomes.privileges).toEqual([])
    expect(await problems(plan)).toEqual([])
    await run(plan, [phasesOf(plan).contract])
    expect(await problems(plan)).toEqual([])
    await copy[Symbol.asyncDispose]()
  }
})

test('what is not as the journal says is named, and nothing is changed', async () => {
  await using copy = await restored(originals['switch']!)
  const plan = planFor(copy.url, {
    ...sketch,
    around: { subscribers: ['postgres://elsewhere/x'], standbys: ['postgres://elsewhere/y'] },
  })
  const whole = await dump(copy.url, { rows: true })
  const cases: [string, string, RegExp][] = [
    [
      'create or replace view public.kept as select id, n, m from app.kept where n > 1',
      '',
      /public\.kept is not the view/,
    ],
    ['alter table app.parts rename to other', 'alter table app.other rename to parts', /public\.parts: /],
    [
      'alter function app.twice rename to thrice',
      'alter function app.thrice rename to twice',
      /step .*twice/,
    ],
    [
      `update migrate.steps set state = 'running' where kind = 'switch-tables'; update migrate.steps set state = 'undoing' where kind = 'switch-tables';
       update migrate.steps set state = 'pending' where kind = 'switch-tables'`,
      `update migrate.steps set state = 'running' where kind = 'switch-tables'; update migrate.steps set state = 'done' where kind = 'switch-tables'`,
      /journal says pending, the database present/,
    ],
  ]
  for (const [change, back, finding] of cases.toReversed()) {
    await sql(copy.url, change)
    const changed = await dump(copy.url, { rows: true })
    const failure = await failureOf(adopt(plan))
    expect(failure).toMatchObject({ code: 'copy-differs', exitCode: 4 })
    expect(failure.detail.join('\n')).toMatch(finding)
    expect(
      (await dump(copy.url, { rows: true })).replaceAll(/^.*(leases|migrate\/shop|adopt).*$/gm, ''),
    ).toBe(changed.replaceAll(/^.*(leases|migrate\/shop|adopt).*$/gm, ''))
    if (back !== '') await sql(copy.url, back)
  }
  expect(whole).not.toBe('')
  await sql(copy.url, 'create or replace view public.kept as select id, n, m from app.kept')
  const { told } = await adopt(plan, true)
  expect(told.join('\n')).toMatch(/standby 1, subscriber 1: if these are those of database original_/)
})

/** Everything in the catalogs that looks like the tool’s: schemas, views, functions, triggers, comments. */
async function tracesOf(url: string): Promise<string[]> {
  const rows = await rowsOf<{ trace: string }>(
    url,
    `select 'schema ' || nspname as trace from pg_namespace where nspname like 'migrate%'
     union all select 'comment ' || description from pg_description where description like '%pg-relocate%'
     union all select 'event trigger ' || evtname from pg_event_trigger
     union all select 'view ' || oid::regclass from pg_class where relkind = 'v' and relnamespace in (to_regnamespace('public'), to_regnamespace('app')) and relname <> 'seen'
     union all select 'partitioned ' || oid::regclass from pg_class where relkind = 'p' and relname = 'shelled'
     union all select 'twice ' || min(oid::regprocedure::text) from pg_proc where pronamespace in (to_regnamespace('public'), to_regnamespace('app')) group by proname having count(*) > 1
     union all select 'cast ' || castsource::regtype from pg_cast where oid >= 16384
     union all select 'sequence ' || c.oid::regclass from pg_class c where relkind = 'S' and relname <> 'numbers' and relnamespace <> 'pg_catalog'::regnamespace
        and not exists (select from pg_depend d join pg_class t on t.oid = d.refobjid where d.objid = c.oid and d.deptype = 'a' and t.relkind = 'r' and t.relnamespace = c.relnamespace)`,
  )
  return rows.map(({ trace }) => trace)
}

describe('a run is given up in a copy', () => {
  test.each([
    ['expand', true, []],
    ['expand', false, ['--no-comments']],
    ['switch', true, []],
    ['switch', true, ['--no-comments', '--no-owner', '--no-acl']],
    ['switch', false, []],
    ['contract', true, []],
  ] as const)(
    'after %s, its journal there: %s, restored with %j: nothing of the tool is left, and all rows are',
    async (phase, hasJournal, options) => {
      await using copy = await restored(originals[phase]!, ...options)
      const plan = planFor(copy.url, sketch)
      if (!hasJournal) await sql(copy.url, 'drop schema migrate cascade')
      const rehearsed = await forget(plan, true)
      const outcome = await forget(plan, false)
      expect(outcome).toEqual({ ...rehearsed, isRemoved: true })
      expect(await tracesOf(copy.url)).toEqual([])
      const home = phase === 'expand' ? 'public' : 'app'
      expect(await rowsOf(copy.url, data(home))).toEqual(await rowsOf(originals[phase]!.url, data(home)))
      await sql(
        copy.url,
        `insert into ${home}.kept (n) values (9); insert into ${home}.numbered default values`,
      )
      expect(outcome.left.map(({ what }) => what)).toEqual(
        (phase === 'switch' ? ['f', 'p'] : []).map((name) =>
          expect.stringContaining(`function app.${name}(`),
        ),
      )
    },
  )
})

async function forget(plan: Plan, isRehearsal: boolean): Promise<Uninstalled> {
  const workspace = await openWorkspace(plan, 'uninstall')
  try {
    return await uninstall(workspace, { forget: true, isRehearsal })
  } finally {
    await workspace.session.close()
  }
}
