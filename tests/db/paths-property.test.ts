import { beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isMigrateError } from '../../src/errors/migrate-error.ts'
import { outcomesOf } from '../facts/outcome.ts'
import { connect, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { run, undo } from '../support/run.ts'
import { loginRoles } from '../support/sample.ts'

const role = 'paths_app'
beforeAll(() => loginRoles([role]))

/** The tables of the move, what they need beside, and a tenant with tables of the same names. */
const tables = `
  create schema tools; create schema tenant;
  create function tools.mark() returns text language sql immutable as $$ select 'tools' $$;
  create table public.users (id int primary key, n int default 1);
  create table public.orders (id int primary key, n int default 2);
  create table public.audit (line text); create table public.settings (k int);
  create table tenant.users (like public.users including all); create table tenant.audit (line text);
  insert into public.users values (1, 10), (2, 20); insert into public.orders values (1, 30);
  insert into tenant.users values (7, 70); insert into public.settings values (5);
  grant usage on schema tools, tenant to ${role}; grant all on all tables in schema public, tenant to ${role};`

const others = ['"$user"', 'tools', 'tenant', 'pg_temp', 'extra']

/** With the old schema somewhere, and the new one perhaps: behind it, or anywhere. */
function pathWith(isLate: boolean): fc.Arbitrary<string> {
  const place = (most: number): fc.Arbitrary<number> => fc.nat(most)
  return fc
    .tuple(fc.shuffledSubarray(others, { maxLength: 3 }), fc.boolean(), place(3), place(4))
    .map(([rest, has, old, late]) => {
      const path = rest.toSpliced(old, 0, 'public')
      const at = isLate ? Math.max(late, path.indexOf('public') + 1) : late
      return (has ? path.toSpliced(at, 0, 'svc') : path).join(', ')
    })
}

function routineWith(path: fc.Arbitrary<string>) {
  return fc.record({
    kind: fc.constantFrom('scalar', 'rows', 'plpgsql', 'dynamic', 'trigger', 'definer'),
    table: fc.constantFrom('users', 'orders', 'audit', 'settings'),
    isQualified: fc.boolean(),
    marks: fc.boolean(),
    path: fc.option(path, { freq: 3 }),
  })
}
type Routine = ReturnType<typeof routineWith> extends fc.Arbitrary<infer T> ? T : never

function sceneWith(isLate: boolean) {
  const path = pathWith(isLate)
  return fc.record({
    routines: fc.array(routineWith(path), { minLength: 14, maxLength: 20 }),
    ofDatabase: fc.option(path),
    ofRole: fc.option(path),
    // What a session sets nobody can see.
    ofSession: pathWith(true),
    isLate: fc.constant(isLate),
  })
}
type Scene = ReturnType<typeof sceneWith> extends fc.Arbitrary<infer T> ? T : never

function definition({ kind, table, isQualified, marks, path: own }: Routine, index: number): string {
  const name = isQualified ? `public.${table}` : table
  const mark = marks ? 'mark()' : `'none'`
  const set = own === null ? '' : `set search_path = ${own}`
  const counted = `select count(*)::text || ${mark} from ${name}`
  const head = `create function public.f${index}`
  if (kind === 'scalar') return `${head}() returns text language sql stable ${set} as $f$ ${counted} $f$`
  if (kind === 'definer')
    return `${head}() returns text language sql security definer ${set} as $f$ ${counted} $f$`
  if (kind === 'rows')
    return `${head}() returns setof text language sql stable ${set} as $f$ select ${mark} || x.ctid::text from ${name} x $f$`
  if (kind === 'trigger')
    return `${head}() returns trigger language plpgsql ${set} as $f$ begin
      insert into ${isQualified ? 'public.audit' : 'audit'} select ${mark} || count(*) from ${name}; return new; end $f$;
      create trigger f${index} after insert on public.users for each row execute function public.f${index}();
      create trigger f${index} after insert on tenant.users for each row execute function public.f${index}()`
  const body = kind === 'plpgsql' ? `return (${counted});` : `execute $q$ ${counted} $q$ into r; return r;`
  return `${head}() returns text language plpgsql ${set} as $f$ declare r text; begin ${body} end $f$`
}

/** Every call, and how it is planned. */
function statementsOf({ routines }: Scene): string[] {
  const calls = routines.flatMap(({ kind }, index) =>
    kind === 'trigger' ? [] : [`select * from public.f${index}()`],
  )
  const logged =
    'select (select array_agg(line) from public.audit) as p, (select array_agg(line) from tenant.audit) as t'
  return [
    ...calls,
    ...calls.map((call) => `explain (costs off) ${call}`),
    `insert into public.users (id) values (100); ${logged}`,
    `insert into tenant.users (id) values (100); ${logged}`,
  ]
}

/** As each client: with the path of the database, of a role, and one of its own. */
async function outcomes(url: string, made: Scene): Promise<string[]> {
  const lines: string[] = []
  for (const [who, own] of [
    ['postgres', null],
    [role, null],
    [role, made.ofSession],
  ] as const) {
    await using client = await connect(url.replace(/\/\/[^@/]*@/, `//${who}@`))
    if (own !== null) await client.query(`set search_path = ${own}`)
    lines.push(
      ...(await outcomesOf(client, statementsOf(made))).map((line) => `${who} ${own ?? ''}: ${line}`),
    )
  }
  return lines
}

test('whatever functions and paths there are, every call is planned and answered as before, or expand is refused', async () => {
  const check = async (made: Scene): Promise<void> => {
    await using database = await freshDatabase('paths')
    const set = [
      made.ofDatabase && `alter database ${database.name} set search_path = ${made.ofDatabase}`,
      made.ofRole && `alter role ${role} in database ${database.name} set search_path = ${made.ofRole}`,
    ].filter(Boolean)
    const statements = ['set check_function_bodies = off', tables, ...made.routines.map(definition), ...set]
    await sql(database.url, statements.join(';\n'))
    const plan = planFor(database.url, {
      services: { svc: ['users', 'orders', 'audit'] },
      defaults: { countUses: false },
      // A view has no system columns: what asks for them is refused, and what comes of it not compared below.
      allow: made.routines.flatMap(({ kind }, index) =>
        kind === 'rows'
          ? [{ rule: 'body-breaks', on: `public.f${index}()`, because: 'it asks for ctid' }]
          : [],
      ),
    })
    const before = await outcomes(database.url, made)
    const refusal: unknown = await run(plan, [1]).catch((error: unknown) => error)
    if (isMigrateError(refusal)) {
      const findings = refusal.detail.length > 0 ? refusal.detail : [refusal.message]
      expect(findings.filter((line) => !line.startsWith('path-early'))).toEqual([])
      expect(made.isLate).toBe(false)
      return
    }
    expect(await outcomes(database.url, made)).toEqual(before)
    await run(plan, [2])
    const isSame = (_: string, index: number): boolean =>
      !/explain/.test(before[index]!) && !asksForSystemColumn(made, index)
    expect((await outcomes(database.url, made)).filter(isSame)).toEqual(before.filter(isSame))
    await undo(plan, { to: 0 })
    expect(await outcomes(database.url, made)).toEqual(before)
  }
  for (const isLate of [true, false])
    await fc.assert(fc.asyncProperty(sceneWith(isLate), check), {
      numRuns: process.env['SOAK'] ? 30 : 1,
      endOnFailure: true,
    })
})

function asksForSystemColumn(made: Scene, index: number): boolean {
  const [, call] = /public\.f(\d+)/.exec(statementsOf(made)[index % statementsOf(made).length]!) ?? []
  return call !== undefined && made.routines[Number(call)]!.kind === 'rows'
}
