import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readRecordedStatements } from '../../src/catalog/recorded-statements.ts'
import { describePlan } from '../../src/engine/describe.ts'
import { openWorkspace } from '../../src/engine/workspace.ts'
import type { PlanStatements } from '../../src/statements/of-plan.ts'
import { renderStatements } from '../../src/cli/render/statements.ts'
import { Desk } from '../cli/desk.ts'
import { findingsOf } from '../facts/findings.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { startCluster, type Cluster } from '../support/cluster.ts'
import { phasesOf, planFor, planText, type PlanSketch } from '../support/plan.ts'
import { failureOf, run } from '../support/run.ts'
import { Session } from '../../src/pg/session.ts'
import type { Plan } from '../../src/plan/plan.ts'

const schema = `
  create extension pg_stat_statements;
  create table public.jobs (id integer generated always as identity primary key, note text);
  create table public.users (id serial primary key, email text constraint users_email unique);
  create table public."표" (id integer primary key, 이름 text);
  create table public.calm (id integer primary key);
  create schema other; create table other.users (xmin_like integer);
  grant usage, create on schema public, other to app, reader;
  grant all on all tables in schema public, other to app, reader;`

let cluster: Cluster
let url: string
let desk: Desk

beforeAll(async () => {
  cluster = await startCluster({ settings: { shared_preload_libraries: 'pg_stat_statements' } })
  await cluster.sql(
    'postgres',
    `create role app login; create role reader login; alter role reader set search_path = other, public`,
  )
  url = await cluster.createDatabase('shop')
  await sql(url, schema)
  desk = await Desk.open()
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await cluster.destroy()
})

const sketch: PlanSketch = { services: { work: ['jobs', '표'], people: ['users', 'calm'] } }

const nothing = { examined: 0, breaking: [], unparsable: [], proposals: [], byParameter: [] }

/** Runs statements as an application does, and nothing else is in the statistics afterwards. */
async function record(role: string, statements: readonly string[], isFirst = true): Promise<void> {
  if (isFirst) await sql(url, 'select pg_stat_statements_reset()')
  await using client = await connect(cluster.url('shop', role))
  for (const statement of statements) await client.query(statement)
}

async function statementsOf(plan: Plan): Promise<PlanStatements> {
  const workspace = await openWorkspace(plan, 'test')
  try {
    return (await describePlan(workspace)).statements
  } finally {
    await workspace.session.close()
  }
}

describe('pg_stat_statements', () => {
  test('tells what breaks, with calls and role, and what does not is left out', async () => {
    await record('app', [
      `insert into jobs (note) values ('a')`,
      'select xmin, note from jobs where id = 1',
      'select xmin, note from jobs where id = 2',
      'truncate public.users',
      `update "표" set 이름 = 'x' where ctid = '(0,1)'`,
      'select * from calm',
    ])
    await record('reader', ['select xmin from users', 'select xmin from public.users'], false)
    const { origin, breaking, examined } = await statementsOf(planFor(url, sketch))
    expect(origin).toEqual({
      kind: 'pg_stat_statements',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
      hidden: 0,
    })
    // From PostgreSQL 18 on, both statements of the reader are one, with the text of the first, which means other.users.
    const areApart = cluster.major < 18
    expect(examined).toBe(areApart ? 6 : 5)
    expect(
      breaking.map(({ table, trap, calls, role, outcome, sql: it }) => [
        table,
        trap,
        calls,
        role,
        outcome,
        it,
      ]),
    ).toEqual([
      ['public."표"', 'system-column', 1, 'app', '42703', 'update "표" set 이름 = $1 where ctid = $2'],
      ['public.jobs', 'system-column', 2, 'app', '42703', 'select xmin, note from jobs where id = $1'],
      ...(areApart
        ? [['public.users', 'system-column', 1, 'reader', '42703', 'select xmin from public.users']]
        : []),
      ['public.users', 'truncate', 1, 'app', '42809', 'truncate public.users'],
    ])
  })

  test('the switch of a table with such statements is refused, unless it is waived or its policy is another', async () => {
    await record('app', ['truncate public.jobs'])
    const plan = planFor(url, sketch)
    const { expand, switches } = phasesOf(plan)
    await run(plan, [expand])
    const failure = await failureOf(run(plan, [switches[0]!]))
    expect(failure).toMatchObject({
      code: 'preflight-refused',
      message: expect.stringContaining('public.jobs'),
    })
    expect(failure.detail.join('\n')).toMatch(/truncate \(42809\), 1 call by app: truncate public\.jobs/)
    const allow = [{ rule: 'statement-breaks', on: 'public.jobs', because: 'it was run once' }]
    await run(planFor(url, { ...sketch, allow }), [switches[0]!])
    const { breaking } = await statementsOf(plan)
    // The probes of expand have read its sequence as pg_dump does.
    expect(breaking.map(({ table, trap, severity }) => [table, trap, severity])).toEqual([
      ['public.jobs', 'sequence-by-name', 'warning'],
      ['public.jobs', 'truncate', 'error'],
    ])
  })

  test('a policy is proposed where a view does not do, by what was seen', async () => {
    await record('app', ['select xmin from public.users', 'truncate calm'])
    const { proposals } = await statementsOf(planFor(url, sketch))
    expect(proposals.map(({ table, proposed }) => [table, proposed])).toEqual([
      ['public.calm', 'late'],
      ['public.users', 'late'],
    ])
    expect(proposals[0]!.reason).toMatch(/truncate; or search-path, with app in searchPath/)
  })
})

describe('without evidence', () => {
  test('a role without pg_read_all_stats is told how much it cannot read', async () => {
    await record('app', ['truncate users'])
    await using session = await Session.connect({ alias: 'db', url: cluster.url('shop', 'reader') }, 'test')
    const recorded = await readRecordedStatements(session)
    if ('missing' in recorded) throw new Error(recorded.missing)
    expect(new Set(recorded.statements.map(({ role }) => role))).toEqual(new Set(['reader']))
    expect(recorded.hidden).toBeGreaterThan(0)
    const text = renderStatements({
      origin: { kind: 'pg_stat_statements', since: null, hidden: 3 },
      ...nothing,
    })
    expect(text.join('\n')).toContain('3 could not be read: grant pg_read_all_stats to the runner')
  })

  test('a database without the extension says so, and nothing else is wrong', async () => {
    const bare = await cluster.createDatabase('bare')
    await sql(bare, 'create table public.jobs (id integer primary key)')
    const statements = await statementsOf(planFor(bare, { services: { work: ['jobs'] } }))
    expect(statements).toEqual({
      origin: { kind: 'none', reason: 'pg_stat_statements is not installed in this database' },
      ...nothing,
    })
    expect(renderStatements(statements).join('\n')).toContain(
      'not known: pg_stat_statements is not installed',
    )
  })
})

describe('the command', () => {
  beforeAll(async () => {
    await desk.write('shop.yaml', planText(url, sketch))
  })

  test('reads statements from a file, in text and in JSON', async () => {
    const file = await desk.write(
      'app.sql',
      `-- from the log\nselect ';' , ctid from users; truncate\n public.calm;\nGET /users 200\nselect pg_get_serial_sequence('jobs', 'id')\n`,
    )
    const text = await desk.run(['plan', '--statements', file])
    expect([text.code, text.stderr]).toEqual([0, ''])
    expect(text.stdout).toContain(`3 would break, of 3 that name these tables (${file})`)
    expect(text.stdout).toMatch(/public\.users \(view\) {2}system-column: fails: .* \(42703\)/)
    expect(text.stdout).toContain('→ truncate the table by its new name, or use DELETE')
    const { result } = await desk.json<{ statements: PlanStatements }>(['plan', '--statements', file])
    expect(result.statements.origin).toEqual({ kind: 'file', file })
    expect(result.statements.breaking.map(({ trap }) => trap)).toEqual([
      'truncate',
      'serial-sequence',
      'system-column',
    ])
  })

  test.each([
    ['that is not there', 'missing.sql', undefined, /missing\.sql does not exist/],
    ['that is a folder', 'plans', undefined, /plans is a folder/],
    ['that is empty', undefined, '', /holds no SQL statement/],
    ['of comments', undefined, '-- nothing\n/* here */;', /holds no SQL statement/],
    ['of prose', undefined, 'Dear reader,\nhello.\n', /holds no SQL statement/],
    ['of NUL', undefined, '\0', /holds no SQL statement/],
  ])('refuses a file %s', async (_what, name, content, message) => {
    const file = name ?? (await desk.write('bad.sql', content))
    const { code, error } = await desk.failure(['plan', '--statements', file])
    expect([code, error.code, error.state.kind]).toEqual([2, 'usage-invalid', 'untouched'])
    expect(error.message).toMatch(message)
  })

  test('init writes a policy where a view would not do', async () => {
    await record('app', ['truncate calm'])
    const { code, stdout } = await desk.run(['init', '--database', 'SHOP'], { SHOP: url })
    expect(code).toBe(0)
    expect(stdout).toMatch(/ {4}compat:\n {6}calm: late {3}# a view would break truncate/)
    expect(stdout.match(/compat:/g)).toHaveLength(1)
  })
})

test('paths that find a new schema first are told as they were set by clients, and as the server has them', async () => {
  await sql(url, 'create table public.late (id integer); grant select on public.late to app')
  const plan = planFor(url, { name: 'later', services: { later: ['late'] } })
  const found = async (): Promise<string[]> =>
    (await findingsOf(plan))
      .filter(({ rule }) => rule.startsWith('path-'))
      .map(({ severity, rule, on, evidence }) => `${severity} ${rule} ${on}: ${evidence?.join(' | ') ?? ''}`)
  await record('app', [
    'set search_path = later, public',
    'set search_path = public, later',
    `select set_config('search_path', 'later, public', false)`,
  ])
  const [told, ...more] = await found()
  const major =
    Number(
      (await rowsOf<{ server_version_num: string }>(url, 'show server_version_num'))[0]!.server_version_num,
    ) / 10_000
  if (major < 18) expect(told).toBe('error path-early-statement app: 1 call: set search_path = later, public')
  expect([told, ...more].at(-1)).toMatch(
    /^info path-unseen search_path: .*1 by app: select set_config\(\$1, \$2, \$3\)/,
  )
  await record('app', [])
  for (const [set, reset, on] of [
    [
      'alter system set search_path = later, public; select pg_reload_conf()',
      'alter system reset search_path; select pg_reload_conf()',
      'server',
    ],
    ['alter role all set search_path = later, public', 'alter role all reset search_path', 'all roles'],
  ] as const) {
    await statementsEach(set)
    expect((await found())[0]).toBe(`error path-early ${on}: roles with this path: app, postgres`)
    await statementsEach(reset)
  }
})

/** One at a time: ALTER SYSTEM runs in no transaction. */
async function statementsEach(text: string): Promise<void> {
  for (const statement of text.split(';')) await sql(url, statement)
}
