import { expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { connect, sql } from '../support/client.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { findingsOf, namedFindings } from './findings.ts'

test('a database that is read-only by default is moved all the same, to the end and back', async () => {
  await using database = await sampleDatabase('read_only')
  await sharedCluster().sql(
    'postgres',
    `alter database ${database.name} set default_transaction_read_only = on`,
  )
  await using client = await connect(database.url)
  await expect(client.query('delete from audit')).rejects.toMatchObject({ code: '25006' })
  const plan = planFor(database.url, samplePlan)
  const before = await dumpAll(database.url)
  await run(plan, [1, 2, 3, 4])
  expect(await problems(plan)).toEqual([])
  await undo(plan, { to: 0 })
  expect(await dumpAll(database.url)).toBe(before)
})

test('a role whose statements are cancelled earlier than the longest stall is told of', async () => {
  await using database = await sampleDatabase('impatient')
  const set = (value: string): Promise<void> =>
    sharedCluster().sql('postgres', `alter role test_reader in database ${database.name} ${value}`)
  const impatient = async (): Promise<unknown[]> =>
    (await findingsOf(planFor(database.url, { ...samplePlan, defaults: { stallBudget: '200ms' } }))).filter(
      ({ rule, on, phase }) => rule === 'client-timeout' && on === 'test_reader' && phase === 2,
    )
  await set(`set statement_timeout = '5s'`)
  expect(await impatient()).toEqual([])
  await set(`set statement_timeout = '150ms'`)
  expect(await impatient()).toMatchObject([
    { severity: 'warning', text: expect.stringContaining('150 ms'), remedy: 'set stallBudget below 150ms' },
  ])
  await set('reset all')
})

test('an event trigger that may refuse is told of', async () => {
  await using database = await sampleDatabase('veto')
  await sql(
    database.url,
    `create function public.refuse() returns event_trigger language plpgsql as
       $$ begin if tg_tag = 'ALTER TABLE' then raise exception 'ddl is forbidden'; end if; end $$;
     create event trigger refuse on ddl_command_start execute function public.refuse()`,
  )
  expect(await namedFindings(planFor(database.url, samplePlan))).toContain('event-trigger refuse')
})
