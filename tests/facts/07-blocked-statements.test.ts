import { expect, test } from '@jest/globals'
import { manners, send, type Manner } from '../../scripts/load/manner.ts'
import { connect, sql, type TestClient } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { problems, run, undo } from '../support/run.ts'

const structure = `
  create table public.t (id serial primary key, email text not null unique, note text default 'new');
  create table public.other (t_id integer references public.t on delete set null, amount integer);
  create table public.untouched (id integer);
  create view public.v as select id, note from public.t;
  create function public.by_sql(integer) returns bigint language sql as 'select count(*) from public.t where id <= $1';
  create function public.by_plpgsql(integer) returns bigint language plpgsql as
    $$ declare n bigint; begin select count(*) into n from public.t where id <= $1; return n; end $$;
  create function public.by_dynamic(integer) returns bigint language plpgsql as
    $$ declare n bigint; begin execute 'select count(*) from public.t where id <= $1' into n using $1; return n; end $$;
  insert into public.t (email) select 'e' || n from generate_series(1, 500) n;
  insert into public.other select n, n from generate_series(1, 500) n;`

/** Each client has a row of its own, $1, so that none waits for another. */
const kinds: Readonly<Record<string, (t: string) => string>> = {
  select: (t) => `select id, note from ${t} where id = $1`,
  'select *': (t) => `select * from ${t} where id = $1`,
  join: (t) => `select o.amount from ${t} t join other o on o.t_id = t.id where t.id = $1`,
  insert: (t) => `insert into ${t} (email) values (gen_random_uuid()::text || $1::int) returning id`,
  update: (t) => `update ${t} set note = 'changed' where id = $1 returning note`,
  'update to default': (t) => `update ${t} set note = default where id = $1 returning note`,
  delete: (t) => `delete from ${t} where id = $1 returning id`,
  upsert: (t) =>
    `insert into ${t} (email) values ('e' || $1::int) on conflict (email) do update set note = 'u' returning note`,
  'changes in a CTE': (t) =>
    `with u as (update ${t} set note = 'c' where id = $1 returning id) select id from u`,
  'for update': (t) => `select id from ${t} where id = $1 for update`,
  'skip locked': (t) => `select id from ${t} where id = $1 for update skip locked`,
  'through a view': () => `select note from v where id = $1`,
  'SQL function': () => `select by_sql($1) > 0`,
  'PL/pgSQL function': () => `select by_plpgsql($1) > 0`,
  'dynamic SQL': () => `select by_dynamic($1) > 0`,
}

/** Does one statement again and again in one connection; gives what went wrong. */
function repeating(kind: string, manner: Manner, name: string, client: TestClient, id: number) {
  const prepared = new Map<string, string>()
  const label = `${kind} of ${name}, ${manner}`
  return async (): Promise<string[]> => {
    try {
      const { rowCount } = await send(client, manner, prepared, kinds[kind]!(name), [id])
      // Its row is deleted only once.
      return rowCount === 1 || kind === 'delete' ? [] : [`${label}: ${rowCount} rows`]
    } catch (error) {
      return [`${label}: ${(error as { code: string }).code} ${(error as Error).message}`]
    }
  }
}

test('every kind of statement that waits for the switch goes on after it, however it was sent', async () => {
  await using database = await freshDatabase('blocked')
  await sql(database.url, structure)
  const plan = planFor(database.url, {
    services: { s: ['t'] },
    defaults: { stallBudget: '8s', lockRetry: '60s' },
  })
  await run(plan, [1])
  const clients: TestClient[] = []
  const statements: (() => Promise<string[]>)[] = []
  for (const kind of Object.keys(kinds)) {
    for (const manner of manners) {
      for (const name of manner === 'prepared' ? ['public.t', 's.t'] : ['t']) {
        const client = await connect(database.url, 'repeating')
        clients.push(client)
        statements.push(repeating(kind, manner, name, client, clients.length))
      }
    }
  }
  const all = async (): Promise<string[]> => (await Promise.all(statements.map((each) => each()))).flat()
  expect(await all()).toEqual([])

  await using holder = await connect(database.url, 'holder')
  await using old = await connect(database.url, 'older snapshot')
  await old.query('begin isolation level serializable; select from untouched')
  await using cursor = await connect(database.url, 'cursor')
  await cursor.query('begin; declare held cursor with hold for select id from t order by id; commit')
  await using savepoint = await connect(database.url, 'savepoint')
  await savepoint.query('begin; savepoint a; select from t; rollback to a')

  await holder.query('begin; select from t')
  let attempts = 0
  const switching = run(plan, [2], { on: ({ type }) => (attempts += type === 'action:retry' ? 1 : 0) })
  // The later an attempt, the longer it lasts: at last all have queued behind it before it gives up.
  for (;;) {
    const before = attempts
    await until(async () => (await waiting(holder, 'migrate/%')) > 0)
    const results = all()
    await until(async () => attempts > before || (await waiting(holder, 'repeating')) === clients.length)
    if (attempts === before) await holder.query('commit')
    expect(await results).toEqual([])
    if (attempts === before) break
  }
  await switching
  expect(await all()).toEqual([])

  expect(await old.value('select count(*)::int from t where id <= 500')).toBeGreaterThan(0)
  await old.query(`insert into t (email) values ('from an older snapshot'); commit`)
  expect((await cursor.rows('fetch all from held')).length).toBeGreaterThan(0)
  expect(await savepoint.value('select count(*)::int from t where id = 500')).toBe(1)
  await savepoint.query('commit')

  expect(await problems(plan)).toEqual([])
  await undo(plan, { to: 1 })
  expect(await all()).toEqual([])
  await Promise.all(clients.map((client) => client.end()))
})

/** Sessions of that name that wait for a lock. */
async function waiting(client: TestClient, application: string): Promise<number> {
  return client.value(
    `select count(distinct pid)::int from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and a.datname = current_database() and a.application_name like $1`,
    [application],
  )
}
