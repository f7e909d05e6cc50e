import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Finding } from '../../src/survey/finding.ts'
import { describePlan, type PlanDescription } from '../../src/engine/describe.ts'
import { openWorkspace } from '../../src/engine/workspace.ts'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { phasesOf, planFor, type PlanSketch } from '../support/plan.ts'
import { failureOf, run, undo } from '../support/run.ts'
import { sharedCluster } from '../support/cluster.ts'

const { major } = sharedCluster()

const tables = `
  create table stage (id integer constraint stage_pk primary key, n integer);
  create table target (id integer constraint target_pk primary key, n integer, name text,
    stage_id integer constraint target_stage references stage deferrable);
  create table made (id integer generated always as identity primary key, n integer);
  create table away (id integer constraint away_pk primary key);`

/** Name, kind of body, and the traps that are told of it with their lines; nothing for what goes on working. */
const bodies: readonly (readonly [name: string, definition: string, traps: readonly string[]])[] = [
  [
    'truncates',
    `function truncates() returns void language plpgsql as $$
     begin
       truncate public.stage;
     end $$`,
    ['truncate of public.stage (line 3)'],
  ],
  [
    'truncates_both',
    'procedure truncates_both() language plpgsql as $$ begin truncate target, stage cascade; end $$',
    ['truncate of public.target (line 1)', 'truncate of public.stage (line 1)'],
  ],
  [
    'upserts',
    `function upserts() returns trigger language plpgsql as $$ begin
       insert into target (id) values (new.id) on conflict on constraint target_pk do nothing; return new; end $$`,
    ['on-conflict-constraint of public.target (line 2)'],
  ],
  [
    'steps',
    `function steps() returns integer language plpgsql as $$
     declare c cursor for select * from public.target for update; k integer := 0;
     begin
       for r in c loop
         update public.target set n = n where current of c; k := k + 1;
       end loop;
       return k;
     end $$`,
    ['current-of of public.target (line 5)'],
  ],
  [
    'dedupes',
    `function dedupes() returns void language sql as $$
       select 1;
       delete from public.target a using public.target b where a.ctid < b.ctid and a.id = b.id $$`,
    ['system-column of public.target (line 3)'],
  ],
  [
    'versions',
    `function versions() returns text language plpgsql as $$
     begin
       if (select xmin from stage limit 1) is null then return 'a'; end if;
       return (select max(tableoid::text) from public.target);
     end $$`,
    ['system-column of public.stage (line 3)', 'system-column of public.target (line 4)'],
  ],
  [
    'loops',
    `function loops() returns setof text language plpgsql as $$
     declare r record;
     begin
       for r in select t.* from public.target t group by t.id loop return next r.name; end loop;
       return query select t.name from target t tablesample system (10);
     end $$`,
    ['group-by-key of public.target (line 4)', 'tablesample of public.target (line 5)'],
  ],
  [
    'executes',
    `function executes() returns void language plpgsql as $$
     declare stmt text := 'truncate ' || 'public.stage';
     begin
       execute stmt;
       execute format('copy %I.%I from %L', 'public', 'target', '/dev/null');
       execute 'do $x$ begin truncate stage; end $x$';
       execute 'select xmin from target where id = ' || quote_literal(current_user);
     end $$`,
    [
      'truncate of public.stage (line 4)',
      'copy-from of public.target (line 5)',
      'truncate of public.stage (line 6)',
      'system-column of public.target (line 7)',
    ],
  ],
  [
    'merges',
    `procedure merges() language plpgsql as $$
     begin
       merge into public.target t using public.stage s on s.id = t.id when matched then update set n = s.n;
     end $$`,
    major < 15 || major >= 17 ? [] : ['merge of public.target (line 3)'],
  ],
  [
    'maintains',
    `function maintains() returns void language plpgsql as $$
     begin
       alter table public.target disable trigger user;
       create index if not exists again on public.stage (n);
       set constraints target_stage deferred;
       lock table public.stage in share mode;
     end $$`,
    [
      'alter-table of public.target (line 3)',
      'create-index of public.stage (line 4)',
      'set-constraints of public.target (line 5)',
    ],
  ],
  [
    'numbers',
    `function numbers() returns bigint language plpgsql as $$
     begin
       perform setval(pg_get_serial_sequence('public.made', 'id'), 5);
       update made set id = default;
       return nextval('made_id_seq');
     end $$`,
    [
      'serial-sequence of public.made (line 3)',
      'set-identity-default of public.made (line 4)',
      'identity-sequence of public.made (line 5)',
    ],
  ],
  [
    'with_path',
    `function with_path() returns void language plpgsql set search_path = public, pg_temp as 'begin truncate stage; end'`,
    ['truncate of public.stage (line 1)'],
  ],
  // What goes on working, or means something else.
  [
    'elsewhere',
    `function elsewhere() returns void language plpgsql set search_path = other, public as 'begin truncate stage; end'`,
    [],
  ],
  [
    'temporary',
    `function temporary() returns void language plpgsql as $$
     begin create temp table if not exists stage (x integer); truncate stage; end $$`,
    [],
  ],
  [
    'atomic',
    'function atomic() returns bigint begin atomic select count(distinct ctid) from public.target; end',
    [],
  ],
  [
    'plain',
    `function plain() returns setof target language plpgsql as $$
     declare r public.target%rowtype; i public.target.id%type;
     begin
       select * into strict r from public.target order by id limit 1 for update;
       i := r.id;
       insert into public.target select r.* on conflict (id) do update set n = excluded.n returning * into r;
       update target set n = 2 where id = i;
       lock table target in row exclusive mode;
       return query select * from target;
     end $$`,
    [],
  ],
  [
    'says_so',
    `function says_so() returns text language plpgsql as $$ begin /* truncate stage */ return 'truncate stage'; end $$`,
    [],
  ],
  [
    'new_first',
    `function new_first() returns void language plpgsql set search_path = svc, public as 'begin truncate stage; end'`,
    [],
  ],
  ['other_table', `function other_table() returns void language sql as 'truncate public.away'`, []],
]

const strange = `
  create schema other; create table other.stage (id integer);
  create function stranger(t text) returns void language plpgsql as $$ begin execute 'truncate ' || t; end $$;
  create function known_but(t text) returns void language plpgsql as $$
    begin perform from target; execute 'analyze ' || quote_ident(t); end $$;
  set check_function_bodies = off;
  create function broken() returns void language plpgsql as 'begin truncate public.stage; oops';
  create function broken_sql() returns void language sql as 'truncate public.stage; oops';
  create schema cron;
  create table cron.job (jobid bigint, command text, database text, username text);
  insert into cron.job values
    (1, 'do $$ begin truncate public.stage; end $$', current_database(), current_user),
    (2, 'select xmin from target', current_database(), current_user),
    (3, 'truncate public.stage', 'another', current_user), (4, 'select * from target', current_database(), current_user);`

const sketch: PlanSketch = { services: { svc: ['stage', 'target', 'made'] } }

let database: FreshDatabase
let described: PlanDescription

beforeAll(async () => {
  database = await freshDatabase('body_traps')
  await sql(
    database.url,
    [tables, ...bodies.map(([, definition]) => `create ${definition}`).filter(parses), strange].join(';\n'),
  )
  described = await describe_(sketch)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

function parses(definition: string): boolean {
  return major >= 15 || !definition.includes('merge into')
}

async function describe_(its: PlanSketch): Promise<PlanDescription> {
  const workspace = await openWorkspace(planFor(database.url, its), 'test')
  try {
    return await describePlan(workspace)
  } finally {
    await workspace.session.close()
  }
}

function of(rule: string, name: string, from = described): Finding | undefined {
  return from.findings.find(
    (finding) => finding.rule === rule && finding.on.replace(/^public\./, '').replace(/\(.*/, '') === name,
  )
}

describe('statements in bodies that would break refuse the switch', () => {
  test.each(bodies.map(([name, , traps]) => [name, traps] as const))('%s', (name, traps) => {
    const found = of('body-breaks', name)
    const told = found?.text.replace(/^.* would break at the switch: /, '').split(', ') ?? []
    expect(told).toEqual(traps)
    if (traps.length > 0) expect(found).toMatchObject({ severity: 'error', waivable: true })
    expect(of('routine-names-table', name)?.text ?? 'goes on working').toMatch(
      traps.length > 0 ? /would break at the switch/ : /goes on working/,
    )
  })

  test('jobs that the database runs by the clock as well', () => {
    const told = (job: string): string | undefined => of('body-breaks', job)?.text
    expect(told('pg_cron job 1')).toContain('truncate of public.stage')
    expect(told('pg_cron job 2')).toContain('system-column of public.target')
    expect([told('pg_cron job 3'), told('pg_cron job 4')]).toEqual([undefined, undefined])
  })

  test('with the outcome, the statement and the way out, under the policy that is chosen', async () => {
    expect(of('body-breaks', 'truncates')).toMatchObject({
      evidence: ['truncate (42809) under policy view, line 3: truncate public.stage'],
      remedy:
        'truncate the table by its new name, or use DELETE; or choose another policy, such as compat: { "stage": late }',
    })
    const late = await describe_({
      services: { svc: { tables: ['stage', 'target'], compat: { stage: 'late', target: 'shell' } } },
    })
    expect(of('body-breaks', 'truncates', late)?.severity).toBe('info')
    expect(of('body-breaks', 'upserts', late)).toBeUndefined()
  })

  test('another policy is proposed for their tables', () => {
    expect(described.statements.proposals.map(({ table, proposed }) => [table, proposed])).toEqual([
      ['public.made', 'late'],
      ['public.stage', 'late'],
      ['public.target', 'late'],
    ])
  })

  test('the switch is refused, with nothing changed', async () => {
    const allow = [{ rule: 'path-early-routine', on: 'public.new_first()', because: 'it is not called' }]
    const plan = planFor(database.url, { ...sketch, allow })
    const { expand, switches } = phasesOf(plan)
    await run(plan, [expand])
    const failure = await failureOf(run(plan, switches))
    expect(failure).toMatchObject({ code: 'preflight-refused' })
    expect(failure.detail.join('\n')).toMatch(/body-breaks.*truncates/)
    // As the reference says of the new name until then.
    const asked = `select pg_get_serial_sequence('svc.made', 'id') as fresh, pg_get_serial_sequence('public.made', 'id') as old`
    expect(await rowsOf(database.url, asked)).toEqual([{ fresh: null, old: 'public.made_id_seq' }])
    await undo(plan, { to: 0 })
  })
})

describe('what nobody can judge is told as that', () => {
  test.each([
    ['stranger', 'info', /^not judged, .*EXECUTE of SQL that it puts together as it runs \(line 1\)$/],
    ['known_but', 'warning', /may use public.target: EXECUTE/],
    ['broken', 'warning', /may use public.stage: it does not parse/],
    ['broken_sql', 'warning', /may use public.stage: it does not parse/],
  ])('%s', (name, severity, text) => {
    const found = of('body-not-judged', name)
    expect(found).toMatchObject({ severity })
    expect(found?.text).toMatch(text)
    expect(of('routine-names-table', name)?.text ?? '').not.toContain(
      'goes on working by the old names until',
    )
  })
})
