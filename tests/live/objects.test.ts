import { expect, test } from '@jest/globals'
import type { Load, LoadSettings } from '../../scripts/load/load.ts'
import { sql } from '../support/client.ts'
import { phasesOf, planFor, uncounted } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { problems, run, undo } from '../support/run.ts'
import { Chain, failuresOf } from './journey.ts'
import type { ObjectOperation } from './workloads/objects.ts'

const workload = new URL('./workloads/objects.ts', import.meta.url)
const views = ['open_jobs', 'job_notes', 'job_summary']
const functions = ['add_job', 'job_label', 'jobs_from', 'save_job']

/** Bodies that name the table with its schema or without, which contract rewrites under their callers. */
const bodies = `
  create or replace function public.add_job(token text) returns integer language plpgsql as $$
    declare made integer; begin insert into public.jobs (token) values (add_job.token) returning id into made; return made; end $$;
  create or replace function public.job_label(id integer) returns text language sql immutable as 'select ''job '' || id';
  create or replace function public.jobs_from(first integer) returns setof public.jobs language sql stable as 'select * from jobs where id >= first';
  create or replace procedure public.save_job(token text) language plpgsql as $$
    begin insert into public.jobs (token) values (save_job.token); commit; end $$;`

const schema = `
  create table jobs (id serial primary key, token text not null, note text default 'new');
  insert into jobs (token) select 'seed-' || n from generate_series(1, 100) n;
  create view open_jobs as select id, token, note from jobs where note is not null;
  alter view open_jobs alter note set default 'open';
  create view job_notes as select note, count(*)::integer as n from jobs group by note;
  create materialized view job_summary as select note, n from job_notes;
  ${bodies}
  revoke execute on procedure save_job(text) from public;`

const readers: readonly ObjectOperation[] = [
  'function',
  'compute',
  'rows',
  'insert',
  'update',
  'total',
  'summary',
  'together',
]

function clients(
  chain: Chain,
  does: readonly ObjectOperation[],
  settings: Partial<LoadSettings>,
): Promise<Load> {
  const schemaOf = Object.fromEntries(['jobs', ...views, ...functions].map((name) => [name, 'chain']))
  return chain.load({ workload, options: { does }, schemaOf, ...settings })
}

/** CALL cannot be prepared by SQL's own PREPARE. */
function callers(chain: Chain, settings: Partial<LoadSettings>): Promise<Load> {
  return clients(chain, ['procedure'], {
    ...settings,
    manners: ['simple', 'extended', 'prepared'],
    clients: 1,
  })
}

async function amid(loads: readonly Load[], changes: readonly (() => Promise<unknown>)[]): Promise<void> {
  const work = async (): Promise<void> => {
    for (const load of loads) {
      const before = (await load.report()).statements
      await until(async () => (await load.report()).statements >= before + 60)
    }
  }
  for (const change of changes) {
    await work()
    await change()
  }
  await work()
}

async function expectNoFailure(loads: readonly Load[]): Promise<void> {
  for (const load of loads) {
    const report = await load.stop()
    expect(failuresOf(report)).toEqual([])
    expect(report.statements).toBeGreaterThan(200)
  }
}

test('functions, procedures and views go on by both names through every phase, and back', async () => {
  await using chain = await Chain.build(1)
  await sql(chain.url, schema)
  const plan = planFor(chain.url, {
    services: { chain: { tables: ['jobs'], views, functions } },
    allow: uncounted(...functions.map((name) => `public.${name}`)),
  })
  const { expand, switches, contract } = phasesOf(plan)
  const old = [
    await clients(chain, readers, { styles: ['unqualified', 'public'] }),
    await callers(chain, { styles: ['public'] }),
  ]
  await amid(old, [() => run(plan, [expand])])
  const fresh = [
    await clients(chain, readers, { styles: ['schema'] }),
    await callers(chain, { styles: ['schema'] }),
  ]
  const [there, back] = [() => run(plan, switches), () => undo(plan, { phase: switches[0]! })]
  await amid([...old, ...fresh], [there, back, there, back, there])
  await expectNoFailure(old)
  await amid(fresh, [() => run(plan, [contract]), () => undo(plan, { phase: contract })])
  await expectNoFailure(fresh)
  expect(await chain.check('chain')).toMatchObject({ isComplete: true, complaints: [], unknown: 0 })
  expect(await problems(plan)).toEqual([])
})
