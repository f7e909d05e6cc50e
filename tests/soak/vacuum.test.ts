import { expect, test } from '@jest/globals'
import { startCluster } from '../support/cluster.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { failureOf, problems, run } from '../support/run.ts'

const structure = `
  create table public.t (id integer primary key, note text) with (autovacuum_enabled = off, autovacuum_freeze_max_age = 100000, autovacuum_freeze_min_age = 0);
  insert into public.t select n, repeat('x', 200) from generate_series(1, 20000) n;`
const sketch: PlanSketch = { services: { s: ['t'] }, defaults: { lockRetry: '1s' } }

/** Vacuums of the table that are at work. */
const vacuums = `select a.pid from pg_stat_progress_vacuum v join pg_stat_activity a using (pid)
  where v.datname = current_database() and v.relid in (to_regclass('public.t'), to_regclass('s.t'))`

test('a VACUUM by hand and a vacuum against wraparound are refused by name; ended as the finding says, they are gone', async () => {
  await using cluster = await startCluster({
    settings: {
      autovacuum_naptime: '1s',
      autovacuum_vacuum_cost_delay: '100ms',
      autovacuum_vacuum_cost_limit: '1',
    },
  })
  const url = await cluster.createDatabase('vacuumed')
  await sql(url, structure)
  const plan = planFor(url, sketch)
  await run(plan, [1])

  await using vacuum = await connect(url, 'nightly vacuum')
  await vacuum.query('set vacuum_cost_delay = 100; set vacuum_cost_limit = 1')
  const vacuuming = vacuum.query('vacuum (freeze) public.t').catch(() => undefined)
  await until(async () => (await rowsOf(url, vacuums)).length > 0, 20_000, 'a vacuum by hand')
  expect(await refusal()).toContain(`pid ${vacuum.pid} vacuums it`)
  await sql(url, `select pg_cancel_backend(${vacuum.pid})`)
  await vacuuming

  // Each subtransaction that writes takes a transaction id.
  await sql(
    url,
    `create temporary table burnt (n integer);
     do $$ begin for n in 1..110000 loop begin insert into burnt values (1); exception when others then null; end; end loop; end $$`,
  )
  await until(async () => (await rowsOf(url, vacuums)).length > 0, 40_000, 'a vacuum against wraparound')
  expect(await refusal()).toMatch(/wraparound/)
  // It comes back as long as the table is that old, so it is let work at full speed.
  await sql(url, 'alter system set autovacuum_vacuum_cost_delay = 0')
  await sql(url, `select pg_reload_conf(); select pg_cancel_backend(pid) from (${vacuums}) v`)
  const isYoung = `select from pg_class where oid = 'public.t'::regclass and age(relfrozenxid) < 100000`
  await until(async () => (await rowsOf(url, isYoung)).length > 0, 40_000, 'a table that is frozen')
  await run(plan, [2])
  expect(await problems(plan)).toEqual([])

  async function refusal(): Promise<string> {
    const failure = await failureOf(run(plan, [2]))
    expect(failure).toMatchObject({ code: 'preflight-refused', exitCode: 4 })
    return [failure.message, ...failure.detail].join('\n')
  }
})
