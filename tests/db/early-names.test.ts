import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { compatPolicies } from '../../src/plan/compat.ts'
import { findingsOf } from '../facts/findings.ts'
import { outcomesOf } from '../facts/outcome.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { failureOf, run, undo } from '../support/run.ts'
import { loginRoles } from '../support/sample.ts'

/** The service’s schema is called like a role, as a service of its own role often is. */
const service = 'early_billing'
const [clerk, group, member, stranger] = ['early_clerk', 'early_group', 'early_member', 'early_stranger']

const schema = `
  create schema early_group; create schema kept;
  create table public.invoices (id int constraint invoices_pk primary key, n int default 1);
  create table public.stage (id int primary key);
  create table public.plain (id int primary key);
  grant usage, create on schema public to ${service}, ${clerk}, ${member};
  grant all on public.invoices, public.stage to ${clerk}, ${group};
  alter table public.invoices owner to ${service}; alter table public.stage owner to ${service};
  insert into public.invoices values (1, 1);
  create function public.total() returns bigint language sql as 'select sum(n) from invoices';
  create function public.seven() returns int language sql as 'select 7'`

const sketch: PlanSketch = {
  services: { [service]: { tables: ['invoices', 'stage'], compat: 'late' } },
}

let database: FreshDatabase
beforeAll(async () => {
  await loginRoles([service, clerk, member, stranger])
  database = await freshDatabase('early')
  await sql(
    database.url,
    `do $$ begin create role ${group}; exception when duplicate_object or unique_violation then null; end $$;
     grant ${group} to ${member}; ${schema}`,
  )
})
afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

const inDatabase = (text: string): string => text.replaceAll('DB', database.name)

/** The findings of this kind while the statements hold, one line each. */
async function found(statements: string, undone: string, plan = sketch): Promise<string[]> {
  await sql(database.url, inDatabase(statements))
  try {
    return (await findingsOf(planFor(database.url, plan)))
      .filter(({ rule }) => rule.startsWith('path-early'))
      .map(({ severity, rule, on, remedy }) => `${severity} ${rule} ${on}: ${remedy!.split(',  ')[0]}`)
  } finally {
    await sql(database.url, inDatabase(undone))
  }
}

/** Takes the role that is called like the schema off the list of those that are found. */
const quiet = `alter role ${service} in database DB set search_path = public;`
const loud = `alter role ${service} in database DB reset search_path;`
const again = 'and let its sessions connect again; or give the service another name in `schema`'

describe('a path that finds the new schema before the old one is told before anything is made', () => {
  test.each(compatPolicies)('under policy %s, by "$user"', async (compat) => {
    const services = { [service]: { tables: ['invoices', 'stage'], compat } }
    expect(await found('', '', { ...sketch, services, searchPath: { roles: [clerk] } })).toEqual([
      `error path-early ${service}: alter role ${service} in database ${database.name} set search_path = public, "$user", ${again}`,
    ])
  })

  test.each([
    [
      'a role',
      `alter role ${clerk} set search_path = ${service}, public`,
      `alter role ${clerk} reset search_path`,
      clerk,
    ],
    [
      'a role in the database',
      `alter role ${clerk} in database DB set search_path = "${service}", public`,
      `alter role ${clerk} in database DB reset search_path`,
      clerk,
    ],
  ])('as %s has it', async (_, statement, undone, on) => {
    expect(await found(quiet + statement, loud + undone)).toEqual([
      `error path-early ${on}: alter role ${on} in database ${database.name} set search_path = public, ${service}, ${again}`,
    ])
  })

  test('as the database has it, once for all roles', async () => {
    const lines = await found(
      `${quiet} alter database DB set search_path = kept, ${service}, public, pg_temp`,
      `${loud} alter database DB reset search_path`,
    )
    expect(lines).toEqual([
      `error path-early database: alter database ${database.name} set search_path = kept, public, ${service}, pg_temp, ${again}`,
    ])
  })

  test('after SET ROLE to a role of that name', async () => {
    const services = { billing: { tables: ['invoices'], schema: group, roles: [group] } }
    const waived = [{ rule: 'target-schema-exists', on: group, because: 'empty' }]
    expect(await found('', '', { services, allow: waived })).toEqual([
      `error path-early ${member}: alter role ${member} in database ${database.name} set search_path = public, "$user", ${again}`,
    ])
  })

  test('by a function that has or sets such a path, and looks for anything', async () => {
    const lines = await found(
      `${quiet} alter function total() set search_path = ${service}, public; alter function seven() set search_path = ${service}, public;
       create function sets() returns bigint language plpgsql as $$ begin
         perform set_config('search_path', '${service}, public', true); return (select count(*) from stage); end $$`,
      `${loud} alter function total() reset search_path; alter function seven() reset search_path; drop function sets()`,
    )
    expect(lines).toEqual([
      `error path-early-routine public.sets(): let it set search_path = public, ${service}`,
      `error path-early-routine public.total(): alter routine public.total() set search_path = public, ${service}`,
    ])
  })

  test('by a function that runs as the role of that name, with the path of whoever calls it', async () => {
    const lines = await found(
      `${quiet} alter function total() security definer; alter function total() owner to ${service};
       alter function seven() security definer; alter function seven() owner to ${service}`,
      `${loud} alter function total() security invoker; alter function seven() security invoker`,
    )
    expect(lines).toEqual([
      'error path-early-routine public.total(): alter routine public.total() set search_path = public, "$user"',
    ])
  })

  test('and sessions that are older than the setting against it', async () => {
    await using old = await connect(database.url.replace(/\/\/[^@/]*@/, `//${service}@`))
    expect(await old.value('select current_setting($1)', ['search_path'])).toBe('"$user", public')
    expect(await found(quiet, loud)).toEqual([
      `warning path-early-sessions ${service}: let them connect again (PgBouncer: RECONNECT), unless the setting is older than they are`,
    ])
  })
})

test('nothing is told of a path that makes no difference', async () => {
  const lines = await found(
    `${quiet} alter role ${stranger} set search_path = ${service}, public; alter role ${clerk} set search_path = public, ${service}`,
    `${loud} alter role ${stranger} reset search_path; alter role ${clerk} reset search_path`,
  )
  expect(lines).toEqual([])
})

const statements = [
  'truncate stage',
  'insert into invoices (id) values (1) on conflict on constraint invoices_pk do update set n = 2 returning id',
  'select xmin is not null as x, ctid is not null as c from invoices',
  'select count(*) from invoices tablesample bernoulli (100)',
  'select id, n from invoices group by id',
  `create table made_here (id int); select to_regclass('public.made_here') is not null as here`,
  'select current_schema()',
  `select 'invoices'::regclass = 'public.invoices'::regclass as same`,
  'alter table stage add column more int',
  'create index on invoices (n)',
]

test('what is told is true, and with the remedy every kind of statement goes on as before', async () => {
  const url = database.url.replace(/\/\/[^@/]*@/, `//${service}@`)
  const plan = planFor(database.url, sketch)
  expect((await failureOf(run(plan, [1]))).code).toBe('preflight-refused')
  expect(await rowsOf(database.url, `select 1 from pg_namespace where nspname = '${service}'`)).toEqual([])
  const outcomes = async (): Promise<string[]> => {
    await using own = await connect(url)
    return await outcomesOf(own, statements)
  }
  const before = await outcomes()
  expect(before.filter((line) => /→ \d/.test(line))).toEqual([])

  const waived = [{ rule: 'path-early', on: service, because: 'to see it' }]
  await run(planFor(database.url, { ...sketch, allow: waived }), [1])
  const early = await outcomes()
  expect(early.filter((line, index) => line !== before[index])).toHaveLength(statements.length)
  await undo(plan, { to: 0 })

  await sql(
    database.url,
    inDatabase(`alter role ${service} in database DB set search_path = public, "$user"`),
  )
  expect(await outcomes()).toEqual(before)
  await run(plan, [1])
  expect(await outcomes()).toEqual(before)
  await using client = await connect(url)
  expect(await client.value(`select count(*) from ${service}.invoices`)).toBe('1')
  await undo(plan, { to: 0 })
  expect(await outcomes()).toEqual(before)
  await sql(database.url, inDatabase(loud))
})
